import CCrypto

/// AES-256-GCM (NIST SP 800-38D): encryption that notices any change of ciphertext, nonce or what goes with it.
enum GaloisCounterMode {
    /// The ciphertext of `plain` with its tag of 16 bytes. A nonce must never come twice with one key.
    static func encrypt(
        _ plain: [UInt8], key: [UInt8], nonce: [UInt8], authenticating data: [UInt8]
    ) -> (ciphertext: [UInt8], tag: [UInt8]) {
        withContext { context in
            var ciphertext = [UInt8](repeating: 0, count: plain.count)
            var tag = [UInt8](repeating: 0, count: SealedText.tagLength)
            var count: Int32 = 0
            let isMade =
                EVP_EncryptInit_ex2(context, EVP_aes_256_gcm(), key, nonce, nil) == 1
                && EVP_EncryptUpdate(context, nil, &count, data, Int32(data.count)) == 1
                && EVP_EncryptUpdate(context, &ciphertext, &count, plain, Int32(plain.count)) == 1
                && EVP_EncryptFinal_ex(context, nil, &count) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
            precondition(isMade, "libcrypto cannot encrypt with AES-256-GCM")
            return (ciphertext, tag)
        }
    }

    /// What was encrypted; nil unless key, nonce, `data`, ciphertext and tag are all those of the encryption.
    static func decrypt(
        _ ciphertext: [UInt8], tag: [UInt8], key: [UInt8], nonce: [UInt8], authenticating data: [UInt8]
    ) -> [UInt8]? {
        withContext { context in
            var plain = [UInt8](repeating: 0, count: ciphertext.count)
            var tag = tag
            var count: Int32 = 0
            let isGenuine =
                EVP_DecryptInit_ex2(context, EVP_aes_256_gcm(), key, nonce, nil) == 1
                && EVP_DecryptUpdate(context, nil, &count, data, Int32(data.count)) == 1
                && EVP_DecryptUpdate(context, &plain, &count, ciphertext, Int32(ciphertext.count)) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
                && EVP_DecryptFinal_ex(context, nil, &count) == 1
            return isGenuine ? plain : nil
        }
    }

    private static func withContext<T>(_ body: (OpaquePointer) -> T) -> T {
        guard let context = EVP_CIPHER_CTX_new() else { preconditionFailure("libcrypto has no memory for a cipher") }
        defer { EVP_CIPHER_CTX_free(context) }
        return body(context)
    }
}
