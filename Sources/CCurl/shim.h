#include <curl/curl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

// libcurl's setters are variadic and its callbacks are typed by option, neither of which Swift can call. These are the
// same calls with the types written out.

static inline CURLcode covey_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode covey_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode covey_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode covey_set_headers(CURL *handle, struct curl_slist *headers) {
    return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}

// Copies the body: it need not live on after the call.
static inline CURLcode covey_set_body(CURL *handle, const void *bytes, curl_off_t count) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, count);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, bytes);
}

typedef size_t (*covey_data_callback)(char *bytes, size_t size, size_t count, void *user);

static inline CURLcode covey_set_on_body(CURL *handle, covey_data_callback callback, void *user) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEDATA, user);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, callback);
}

static inline CURLcode covey_set_on_header(CURL *handle, covey_data_callback callback, void *user) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERDATA, user);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, callback);
}

static inline CURLcode covey_set_on_open(CURL *handle, curl_opensocket_callback callback, void *user) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, user);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, callback);
}

static inline CURLcode covey_set_on_close(CURL *handle, curl_closesocket_callback callback, void *user) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_CLOSESOCKETDATA, user);
    return code != CURLE_OK ? code : curl_easy_setopt(handle, CURLOPT_CLOSESOCKETFUNCTION, callback);
}

static inline long covey_get_long(CURL *handle, CURLINFO info) {
    long value = 0;
    return curl_easy_getinfo(handle, info, &value) == CURLE_OK ? value : 0;
}

static inline curl_off_t covey_get_offset(CURL *handle, CURLINFO info) {
    curl_off_t value = 0;
    return curl_easy_getinfo(handle, info, &value) == CURLE_OK ? value : 0;
}

static inline void *covey_get_private(CURL *handle) {
    char *value = NULL;
    return curl_easy_getinfo(handle, CURLINFO_PRIVATE, &value) == CURLE_OK ? value : NULL;
}

static inline CURLMcode covey_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode covey_multi_set_on_socket(CURLM *multi, curl_socket_callback callback, void *user) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, user);
    return code != CURLM_OK ? code : curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}

static inline CURLMcode covey_multi_set_on_timer(CURLM *multi, curl_multi_timer_callback callback, void *user) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_TIMERDATA, user);
    return code != CURLM_OK ? code : curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}

static inline CURLcode covey_message_result(const CURLMsg *message) { return message->data.result; }

static inline void covey_name_this_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
