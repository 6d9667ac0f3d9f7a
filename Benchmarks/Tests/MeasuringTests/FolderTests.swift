import Glibc
import Measuring
import Testing

struct FolderTests {
    @Test func `a folder counts its database and goes with everything in it`() throws {
        let folder = try Folder()
        let data = try folder.folder("data")
        try File.write("12345", to: data + "/covey.db")
        try File.write("123", to: data + "/covey.db-wal")
        try File.write("1234567", to: data + "/other")
        #expect(Folder.bytes(in: data, startingWith: "covey.db") == 8)
        #expect(File.text(data + "/covey.db") == "12345")
        folder.remove()
        #expect(access(folder.path, F_OK) == -1)
    }
}
