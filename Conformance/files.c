// files.c: opening files: dispositions, access, share modes, flags, names; and files as a whole.
#include "filecase.h"
#ifndef _WIN32
#include <sys/stat.h>
#include <sys/sysmacros.h>
#endif

#define OPENS(path, access, share, disposition, flags, code) \
    do { \
        SetLastError(UNTOUCHED); \
        HANDLE opened = open_as(path, access, share, disposition, flags); \
        EQUAL(GetLastError(), code); \
        if (TRUTH(opened != INVALID_HANDLE_VALUE)) CloseHandle(opened); \
    } while (0)
#define OPENS_NOT(path, access, share, disposition, flags, code) \
    FAILS_WITH(open_as(path, access, share, disposition, flags), INVALID_HANDLE_VALUE, code)

// ---- dispositions

static void each_disposition_of_a_missing_file(void) {
    OPENS_NOT(at("missing"), RW, 0, OPEN_EXISTING, 0, ERROR_FILE_NOT_FOUND);
    OPENS_NOT(at("missing"), RW, 0, TRUNCATE_EXISTING, 0, ERROR_FILE_NOT_FOUND);
    TRUTH(!exists(at("missing")));
    DWORD makers[] = {CREATE_NEW, CREATE_ALWAYS, OPEN_ALWAYS};
    for (size_t i = 0; i < COUNT(makers); i++) {
        OPENS(at("missing"), RW, 0, makers[i], 0, 0);
        TRUTH(exists(at("missing")));
        TRUTH(DeleteFileA(at("missing")));
    }
}

static void each_disposition_of_a_file_that_exists(void) {
    put(at("there"), "text");
    OPENS_NOT(at("there"), RW, 0, CREATE_NEW, 0, ERROR_FILE_EXISTS);
    OPENS(at("there"), RW, 0, OPEN_EXISTING, 0, 0);
    OPENS(at("there"), RW, 0, OPEN_ALWAYS, 0, ERROR_ALREADY_EXISTS);
    TRUTH(!strcmp(get(at("there")), "text"));
    OPENS(at("there"), RW, 0, TRUNCATE_EXISTING, 0, 0);
    TRUTH(!strcmp(get(at("there")), ""));
    put(at("there"), "text");
    OPENS(at("there"), RW, 0, CREATE_ALWAYS, 0, ERROR_ALREADY_EXISTS);
    TRUTH(!strcmp(get(at("there")), ""));
    TRUTH(DeleteFileA(at("there")));
}

static void a_disposition_that_is_none_is_refused(void) {
    OPENS_NOT(at("none"), RW, 0, 0, 0, ERROR_INVALID_PARAMETER);
    OPENS_NOT(at("none"), RW, 0, 6, 0, ERROR_INVALID_PARAMETER);
    put(at("none"), "text");
#ifndef ON_WINE // CreateFile: "the calling process must open the file with the GENERIC_WRITE bit set"
    OPENS_NOT(at("none"), GENERIC_READ, 0, TRUNCATE_EXISTING, 0, ERROR_INVALID_PARAMETER);
#endif
    TRUTH(!strcmp(get(at("none")), "text"));
    TRUTH(DeleteFileA(at("none")));
}

// ---- names

static void a_name_without_its_folder_is_no_path(void) {
    OPENS_NOT(at("nowhere\\file"), RW, 0, OPEN_EXISTING, 0, ERROR_PATH_NOT_FOUND);
    OPENS_NOT(at("nowhere\\file"), RW, 0, CREATE_NEW, 0, ERROR_PATH_NOT_FOUND);
    OPENS_NOT("", RW, 0, OPEN_EXISTING, 0, ERROR_PATH_NOT_FOUND);
    put(at("file"), "");
    OPENS_NOT(at("file\\below"), RW, 0, OPEN_EXISTING, 0, ERROR_PATH_NOT_FOUND);
    FAILS(DeleteFileA(at("nowhere\\file")), ERROR_PATH_NOT_FOUND);
    FAILS(DeleteFileA(at("missing")), ERROR_FILE_NOT_FOUND);
    FAILS_WITH(GetFileAttributesA(at("nowhere\\file")), INVALID_FILE_ATTRIBUTES, ERROR_PATH_NOT_FOUND);
    FAILS_WITH(GetFileAttributesA(at("missing")), INVALID_FILE_ATTRIBUTES, ERROR_FILE_NOT_FOUND);
    TRUTH(DeleteFileA(at("file")));
}

static void a_name_with_reserved_characters_is_invalid(void) {
    const char *names[] = {"a*b", "a?b", "a<b", "a>b", "a|b", "a\"b", "a\tb"};
    for (size_t i = 0; i < COUNT(names); i++)
        OPENS_NOT(at(names[i]), RW, 0, CREATE_NEW, 0, ERROR_INVALID_NAME);
}

static void either_separator_and_the_prefix_name_the_same_file(void) {
    char path[MAX_PATH + 400], prefixed[MAX_PATH + 420];
    put(at("same"), "one");
    strcpy(path, at("same"));
    for (char *c = path; *c; c++)
        if (*c == '\\') *c = '/';
    TRUTH(!strcmp(get(path), "one"));
#ifndef _WIN32
    for (char *c = path; *c; c++)
        if (*c == '/') *c = '\\';
    TRUTH(!strcmp(get(path), "one"));
    snprintf(prefixed, sizeof prefixed, "\\\\?\\%s", path);
    TRUTH(!strcmp(get(prefixed), "one"));
    snprintf(prefixed, sizeof prefixed, "\\\\.\\%s", path);
    TRUTH(!strcmp(get(prefixed), "one"));
#else
    (void)prefixed;
#endif
    TRUTH(DeleteFileA(at("same")));
}

static void wide_names_name_the_same_file(void) {
    WCHAR path[MAX_PATH];
    WIN32_FIND_DATAW data;
    DWORD count;
    MultiByteToWideChar(CP_ACP, 0, at("wide"), -1, path, MAX_PATH);
    HANDLE file = CreateFileW(path, RW, 0, NULL, CREATE_NEW, 0, NULL);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    TRUTH(WriteFile(file, "w", 1, &count, NULL));
    CloseHandle(file);
    TRUTH(!strcmp(get(at("wide")), "w"));
    EQUAL(GetFileAttributesW(path), FILE_ATTRIBUTE_ARCHIVE);
    HANDLE found = FindFirstFileW(path, &data);
    TRUTH(found != INVALID_HANDLE_VALUE);
    TRUTH(data.cFileName[0] == 'w' && data.cFileName[4] == 0);
    EQUAL(data.nFileSizeLow, 1);
    FAILS(FindNextFileW(found, &data), ERROR_NO_MORE_FILES);
    TRUTH(FindClose(found));
    TRUTH(SetFileAttributesW(path, FILE_ATTRIBUTE_NORMAL));
    TRUTH(DeleteFileW(path));
    FAILS_WITH(CreateFileW(path, RW, 0, NULL, OPEN_EXISTING, 0, NULL), INVALID_HANDLE_VALUE, ERROR_FILE_NOT_FOUND);
}

static void nul_takes_everything_and_gives_nothing(void) {
    const char *names[] = {"NUL", "nul", "\\\\.\\NUL"};
    for (size_t i = 0; i < COUNT(names); i++) {
        DWORD count = UNTOUCHED;
        char byte;
        HANDLE nul = open_as(names[i], RW, 0, OPEN_EXISTING, 0);
        REQUIRE(nul != INVALID_HANDLE_VALUE);
        TRUTH(WriteFile(nul, "abc", 3, &count, NULL));
        EQUAL(count, 3);
        TRUTH(ReadFile(nul, &byte, 1, &count, NULL));
        EQUAL(count, 0);
        EQUAL(GetFileType(nul), FILE_TYPE_CHAR);
        TRUTH(CloseHandle(nul));
    }
}

#ifndef _WIN32
// Whoever the caller is: root could do all of that to /dev/null. The node is made here, and is none of the system's.
static void a_device_is_neither_deleted_nor_changed(void) {
    char path[MAX_PATH + 400];
    struct stat before, after;
    FILE_DISPOSITION_INFO disposition = {TRUE};
    strcpy(path, at("device"));
    for (char *c = path; *c; c++)
        if (*c == '\\') *c = '/';
    if (mknod(path, S_IFCHR | 0600, makedev(1, 3))) SKIP("only root makes devices");
    REQUIRE(!stat(path, &before));
    put(at("other"), "text");
    FAILS(DeleteFileA(path), ERROR_ACCESS_DENIED);
    FAILS(MoveFileA(path, at("moved")), ERROR_ACCESS_DENIED);
    FAILS(MoveFileExA(at("other"), path, MOVEFILE_REPLACE_EXISTING), ERROR_ACCESS_DENIED);
    FAILS(CopyFileA(at("other"), path, FALSE), ERROR_ACCESS_DENIED);
    FAILS(SetFileAttributesA(path, FILE_ATTRIBUTE_READONLY), ERROR_ACCESS_DENIED);
    OPENS_NOT(path, RW, SHARE_ALL, OPEN_EXISTING, FILE_FLAG_DELETE_ON_CLOSE, ERROR_ACCESS_DENIED);
    HANDLE device = open_as(path, RW | DELETE, SHARE_ALL, OPEN_EXISTING, 0);
    REQUIRE(device != INVALID_HANDLE_VALUE);
    FAILS(SetFileInformationByHandle(device, FileDispositionInfo, &disposition, sizeof disposition), ERROR_ACCESS_DENIED);
    CloseHandle(device);
    OPENS(path, RW, SHARE_ALL, CREATE_ALWAYS, 0, ERROR_ALREADY_EXISTS);
    TRUTH(!strcmp(get(at("other")), "text"));
    REQUIRE(!lstat(path, &after));
    EQUAL(after.st_mode, before.st_mode);
    EQUAL(after.st_rdev, before.st_rdev);
    EQUAL(after.st_ino, before.st_ino);
    TRUTH(!unlink(path));
    TRUTH(DeleteFileA(at("other")));
    // Nor by Windows' name, which names no file.
    REQUIRE(!lstat("/dev/null", &before));
    REQUIRE(S_ISCHR(before.st_mode));
    FAILS_WITH(GetFileAttributesA("NUL"), INVALID_FILE_ATTRIBUTES, ERROR_INVALID_NAME);
}
#endif

static void a_folder_is_opened_for_backup_alone(void) {
    char path[MAX_PATH + 400];
    DWORD count;
    strcpy(path, at("sub"));
    TRUTH(CreateDirectoryA(path, NULL));
    OPENS_NOT(path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0, ERROR_ACCESS_DENIED);
    OPENS_NOT(path, RW, SHARE_ALL, CREATE_ALWAYS, 0, ERROR_ACCESS_DENIED);
    HANDLE handle = open_as(path, GENERIC_READ, SHARE_ALL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS);
    REQUIRE(handle != INVALID_HANDLE_VALUE);
    BY_HANDLE_FILE_INFORMATION information;
    TRUTH(GetFileInformationByHandle(handle, &information));
    TRUTH(information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
#ifndef ON_WINE // ReadFile of a folder: STATUS_INVALID_DEVICE_REQUEST, ERROR_INVALID_FUNCTION
    FAILS(ReadFile(handle, path, 1, &count, NULL), ERROR_INVALID_FUNCTION);
#endif
    (void)count;
    CloseHandle(handle);
    TRUTH(RemoveDirectoryA(path));
}

// ---- access

static void a_handle_does_what_it_was_opened_for(void) {
    char byte = 'x';
    DWORD count = UNTOUCHED;
    put(at("access"), "text");
    HANDLE reader = open_as(at("access"), GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    HANDLE writer = open_as(at("access"), GENERIC_WRITE, SHARE_ALL, OPEN_EXISTING, 0);
    HANDLE neither = open_as(at("access"), 0, SHARE_ALL, OPEN_EXISTING, 0);
    FAILS(WriteFile(reader, &byte, 1, &count, NULL), ERROR_ACCESS_DENIED);
    EQUAL(count, 0);
    count = UNTOUCHED;
    FAILS(ReadFile(writer, &byte, 1, &count, NULL), ERROR_ACCESS_DENIED);
    EQUAL(count, 0);
    FAILS(ReadFile(neither, &byte, 1, &count, NULL), ERROR_ACCESS_DENIED);
    FAILS(WriteFile(neither, &byte, 1, &count, NULL), ERROR_ACCESS_DENIED);
#ifndef ON_WINE // SetEndOfFile: "The file must have been created with the GENERIC_WRITE access right"
    FAILS(SetEndOfFile(reader), ERROR_ACCESS_DENIED);
#endif
    FAILS(FlushFileBuffers(reader), ERROR_ACCESS_DENIED);
    TRUTH(FlushFileBuffers(writer));
    EQUAL(GetFileSize(neither, NULL), 4);
    CloseHandle(reader);
    CloseHandle(writer);
    CloseHandle(neither);
    TRUTH(!strcmp(get(at("access")), "text"));
    TRUTH(DeleteFileA(at("access")));
}

static void a_duplicate_does_what_it_was_granted(void) {
    HANDLE file = open_as(at("dup"), RW, SHARE_ALL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE), reader;
    DWORD count;
    char byte;
    REQUIRE(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &reader, GENERIC_READ, FALSE, 0));
    TRUTH(WriteFile(file, "abc", 3, &count, NULL));
    FAILS(WriteFile(reader, "d", 1, &count, NULL), ERROR_ACCESS_DENIED);
    EQUAL(SetFilePointer(reader, 1, NULL, FILE_BEGIN), 1); // one file pointer for both
    TRUTH(ReadFile(file, &byte, 1, &count, NULL));
    EQUAL(byte, 'b');
    TRUTH(ReadFile(reader, &byte, 1, &count, NULL));
    EQUAL(byte, 'c');
    CloseHandle(reader);
    CloseHandle(file);
}

static void append_access_writes_at_the_end(void) {
    DWORD count;
    put(at("append"), "abc");
    HANDLE file = open_as(at("append"), FILE_APPEND_DATA, SHARE_ALL, OPEN_EXISTING, 0);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    TRUTH(WriteFile(file, "de", 2, &count, NULL));
    EQUAL(SetFilePointer(file, 0, NULL, FILE_BEGIN), 0);
    TRUTH(WriteFile(file, "f", 1, &count, NULL));
    CloseHandle(file);
    TRUTH(!strcmp(get(at("append")), "abcdef"));
    TRUTH(DeleteFileA(at("append")));
}

#ifndef ON_WINE // Wine asks the system, which lets the superuser write; and has no file without FILE_ATTRIBUTE_ARCHIVE
static void read_only_files_are_not_written(void) {
    put(at("readonly"), "text");
    TRUTH(SetFileAttributesA(at("readonly"), FILE_ATTRIBUTE_READONLY));
    EQUAL(GetFileAttributesA(at("readonly")), FILE_ATTRIBUTE_READONLY);
    OPENS_NOT(at("readonly"), GENERIC_WRITE, 0, OPEN_EXISTING, 0, ERROR_ACCESS_DENIED);
    OPENS_NOT(at("readonly"), GENERIC_READ | GENERIC_WRITE, 0, CREATE_ALWAYS, 0, ERROR_ACCESS_DENIED);
    OPENS(at("readonly"), GENERIC_READ, 0, OPEN_EXISTING, 0, 0);
    FAILS(DeleteFileA(at("readonly")), ERROR_ACCESS_DENIED);
    TRUTH(!strcmp(get(at("readonly")), "text"));
    TRUTH(SetFileAttributesA(at("readonly"), FILE_ATTRIBUTE_NORMAL));
    TRUTH(DeleteFileA(at("readonly")));
    // A new one may be written by the handle that makes it.
    DWORD count;
    HANDLE file = open_as(at("readonly"), GENERIC_WRITE, 0, CREATE_NEW, FILE_ATTRIBUTE_READONLY);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    TRUTH(WriteFile(file, "new", 3, &count, NULL));
    CloseHandle(file);
    TRUTH(GetFileAttributesA(at("readonly")) & FILE_ATTRIBUTE_READONLY);
    TRUTH(SetFileAttributesA(at("readonly"), FILE_ATTRIBUTE_NORMAL));
    TRUTH(DeleteFileA(at("readonly")));
}

#endif

// ---- share modes

static int may_share(DWORD first_access, DWORD first_share, DWORD second_access, DWORD second_share) {
    struct {
        DWORD access, share;
    } ways[] = {{GENERIC_READ, FILE_SHARE_READ}, {GENERIC_WRITE, FILE_SHARE_WRITE}, {DELETE, FILE_SHARE_DELETE}};
    for (size_t i = 0; i < COUNT(ways); i++) {
        if ((first_access & ways[i].access) && !(second_share & ways[i].share)) return 0;
        if ((second_access & ways[i].access) && !(first_share & ways[i].share)) return 0;
    }
    return 1;
}

// Of all pairs: an opening is granted exactly if each of both shares what the other one uses.
static void every_access_meets_every_share_mode(void) {
    DWORD accesses[] = {GENERIC_READ, GENERIC_WRITE, RW, DELETE, GENERIC_READ | DELETE, GENERIC_WRITE | DELETE};
    put(at("shared"), "text");
    for (size_t a = 0; a < COUNT(accesses); a++)
        for (DWORD s = 0; s < 8; s++) {
            HANDLE first = open_as(at("shared"), accesses[a], s, OPEN_EXISTING, 0);
            REQUIRE(first != INVALID_HANDLE_VALUE);
            for (size_t b = 0; b < COUNT(accesses); b++)
                for (DWORD t = 0; t < 8; t++) {
                    SetLastError(UNTOUCHED);
                    HANDLE second = open_as(at("shared"), accesses[b], t, OPEN_EXISTING, 0);
                    if (may_share(accesses[a], s, accesses[b], t)) {
                        if (!TRUTH(second != INVALID_HANDLE_VALUE)) printf("    %u %u, %u %u\n", (unsigned)a, (unsigned)s, (unsigned)b, (unsigned)t);
                        CloseHandle(second);
                    } else if (!EQUAL(second, INVALID_HANDLE_VALUE) || !EQUAL(GetLastError(), ERROR_SHARING_VIOLATION)) {
                        printf("    %u %u, %u %u\n", (unsigned)a, (unsigned)s, (unsigned)b, (unsigned)t);
                        if (second != INVALID_HANDLE_VALUE) CloseHandle(second);
                    }
                }
            CloseHandle(first);
        }
    TRUTH(DeleteFileA(at("shared")));
}

static void attributes_alone_are_shared_with_everybody(void) {
    put(at("attributes"), "text");
    HANDLE first = open_as(at("attributes"), RW | DELETE, 0, OPEN_EXISTING, 0);
    REQUIRE(first != INVALID_HANDLE_VALUE);
    OPENS(at("attributes"), FILE_READ_ATTRIBUTES, 0, OPEN_EXISTING, 0, 0);
    OPENS(at("attributes"), 0, 0, OPEN_EXISTING, 0, 0);
    TRUTH(GetFileAttributesA(at("attributes")) & FILE_ATTRIBUTE_ARCHIVE);
    CloseHandle(first);
    TRUTH(DeleteFileA(at("attributes")));
}

static void a_closed_handle_shares_again(void) {
    put(at("closing"), "text");
    HANDLE first = open_as(at("closing"), RW, 0, OPEN_EXISTING, 0), second;
    REQUIRE(DuplicateHandle(GetCurrentProcess(), first, GetCurrentProcess(), &second, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(first);
    OPENS_NOT(at("closing"), GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0, ERROR_SHARING_VIOLATION);
    CloseHandle(second);
    OPENS(at("closing"), GENERIC_READ, 0, OPEN_EXISTING, 0, 0);
    TRUTH(DeleteFileA(at("closing")));
}

static void emptying_a_file_is_writing_it(void) {
    put(at("emptied"), "text");
    HANDLE first = open_as(at("emptied"), GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
    OPENS_NOT(at("emptied"), GENERIC_WRITE, SHARE_ALL, TRUNCATE_EXISTING, 0, ERROR_SHARING_VIOLATION);
#ifndef ON_WINE // NtCreateFile: to overwrite takes FILE_WRITE_DATA, whatever else the handle is for
    OPENS_NOT(at("emptied"), GENERIC_READ, SHARE_ALL, CREATE_ALWAYS, 0, ERROR_SHARING_VIOLATION);
#endif
    TRUTH(!strcmp(get(at("emptied")), "text"));
    CloseHandle(first);
    TRUTH(DeleteFileA(at("emptied")));
}

static void deleting_and_moving_heed_share_modes(void) {
    put(at("held"), "text");
    HANDLE holder = open_as(at("held"), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0);
    FAILS(DeleteFileA(at("held")), ERROR_SHARING_VIOLATION);
    FAILS(MoveFileA(at("held"), at("moved")), ERROR_SHARING_VIOLATION);
    put(at("other"), "other");
    FAILS(MoveFileExA(at("other"), at("held"), MOVEFILE_REPLACE_EXISTING), ERROR_ACCESS_DENIED);
    TRUTH(!strcmp(get(at("held")), "text"));
    CloseHandle(holder);
    TRUTH(DeleteFileA(at("held")));
    TRUTH(DeleteFileA(at("other")));
}

static void a_file_that_is_deleted_while_open_works_on(void) {
    DWORD count;
    char bytes[4];
    HANDLE file = open_as(at("gone"), RW, SHARE_ALL, CREATE_NEW, 0);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    TRUTH(DeleteFileA(at("gone")));
    TRUTH(WriteFile(file, "abc", 3, &count, NULL));
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    TRUTH(ReadFile(file, bytes, 3, &count, NULL));
    EQUAL(count, 3);
    CloseHandle(file);
    TRUTH(!exists(at("gone")));
}

static void delete_on_close_deletes_with_the_last_handle(void) {
    HANDLE copy;
    HANDLE file = open_as(at("doc"), RW, 0, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    TRUTH(DuplicateHandle(GetCurrentProcess(), file, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(file);
    TRUTH(exists(at("doc")));
    CloseHandle(copy);
    TRUTH(!exists(at("doc")));
    // It counts as opened for deleting: whoever does not share that cannot open it.
    file = open_as(at("doc"), RW, SHARE_ALL, CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE);
    OPENS_NOT(at("doc"), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, OPEN_EXISTING, 0, ERROR_SHARING_VIOLATION);
    OPENS(at("doc"), GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0, 0);
    CloseHandle(file);
    TRUTH(!exists(at("doc")));
}

// ---- flags

static void unbuffered_transfers_are_aligned(void) {
    DWORD count = UNTOUCHED;
    HANDLE file = open_as(at("direct"), RW, 0, CREATE_NEW, FILE_FLAG_NO_BUFFERING | FILE_FLAG_WRITE_THROUGH);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    char *pages = VirtualAlloc(NULL, 8192, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    memset(pages, 'p', 8192);
    TRUTH(WriteFile(file, pages, 4096, &count, NULL));
    EQUAL(count, 4096);
    EQUAL(GetFileSize(file, NULL), 4096);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    TRUTH(ReadFile(file, pages + 4096, 4096, &count, NULL));
    EQUAL(count, 4096);
    TRUTH(ReadFile(file, pages, 4096, &count, NULL));
    EQUAL(count, 0);
#ifndef ON_WINE // File Buffering: sizes, offsets and addresses are multiples of the sector size
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    FAILS(ReadFile(file, pages, 100, &count, NULL), ERROR_INVALID_PARAMETER);
    FAILS(WriteFile(file, pages + 1, 512, &count, NULL), ERROR_INVALID_PARAMETER);
    FAILS_WITH(SetFilePointer(file, 100, NULL, FILE_BEGIN), INVALID_SET_FILE_POINTER, ERROR_INVALID_PARAMETER);
#endif
    VirtualFree(pages, 0, MEM_RELEASE);
    CloseHandle(file);
    TRUTH(DeleteFileA(at("direct")));
}

static void hints_change_nothing(void) {
    put(at("hints"), "text");
    OPENS(at("hints"), GENERIC_READ, 0, OPEN_EXISTING, FILE_FLAG_SEQUENTIAL_SCAN, 0);
    OPENS(at("hints"), GENERIC_READ, 0, OPEN_EXISTING, FILE_FLAG_RANDOM_ACCESS, 0);
    TRUTH(!strcmp(get(at("hints")), "text"));
    TRUTH(DeleteFileA(at("hints")));
}

// ---- the file pointer and the size

static void the_file_pointer_goes_where_it_is_sent(void) {
    LARGE_INTEGER distance, position;
    LONG high;
    DWORD count;
    HANDLE file = open_as(at("pointer"), RW, 0, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    TRUTH(WriteFile(file, "0123456789", 10, &count, NULL));
    EQUAL(SetFilePointer(file, 0, NULL, FILE_CURRENT), 10);
    EQUAL(SetFilePointer(file, -3, NULL, FILE_CURRENT), 7);
    EQUAL(SetFilePointer(file, -4, NULL, FILE_END), 6);
    FAILS_WITH(SetFilePointer(file, -1, NULL, FILE_BEGIN), INVALID_SET_FILE_POINTER, ERROR_NEGATIVE_SEEK);
    FAILS_WITH(SetFilePointer(file, 0, NULL, 3), INVALID_SET_FILE_POINTER, ERROR_INVALID_PARAMETER);
    EQUAL(SetFilePointer(file, 0, NULL, FILE_CURRENT), 6);
    high = 1;
    EQUAL(SetFilePointer(file, 5, &high, FILE_BEGIN), 5);
    EQUAL(high, 1);
    distance.QuadPart = -5;
    position.QuadPart = UNTOUCHED;
    TRUTH(SetFilePointerEx(file, distance, &position, FILE_CURRENT));
    EQUAL(position.QuadPart, 0x100000000LL);
    distance.QuadPart = -0x100000001LL;
    position.QuadPart = UNTOUCHED;
    FAILS(SetFilePointerEx(file, distance, &position, FILE_CURRENT), ERROR_NEGATIVE_SEEK);
    EQUAL(position.QuadPart, UNTOUCHED);
    FAILS(SetFilePointerEx(file, distance, NULL, 9), ERROR_INVALID_PARAMETER);
    EQUAL(GetFileSize(file, NULL), 10);
    CloseHandle(file);
}

static void the_end_of_file_is_set_at_the_file_pointer(void) {
    LARGE_INTEGER size;
    DWORD count, high = UNTOUCHED;
    char bytes[16];
    HANDLE file = open_as(at("end"), RW, 0, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    TRUTH(WriteFile(file, "0123456789", 10, &count, NULL));
    SetFilePointer(file, 4, NULL, FILE_BEGIN);
    TRUTH(SetEndOfFile(file));
    EQUAL(GetFileSize(file, &high), 4);
    EQUAL(high, 0);
    SetFilePointer(file, 8, NULL, FILE_BEGIN);
    TRUTH(SetEndOfFile(file));
    TRUTH(GetFileSizeEx(file, &size));
    EQUAL(size.QuadPart, 8);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    TRUTH(ReadFile(file, bytes, sizeof bytes, &count, NULL));
    EQUAL(count, 8);
    TRUTH(!memcmp(bytes, "0123\0\0\0\0", 8));
    CloseHandle(file);
}

static void the_end_of_a_file_is_a_success_without_bytes(void) {
    DWORD count = UNTOUCHED;
    char byte = 'x';
    HANDLE file = open_as(at("eof"), RW, 0, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    QUIETLY(ReadFile(file, &byte, 1, &count, NULL), TRUE);
    EQUAL(count, 0);
    EQUAL(byte, 'x');
    count = UNTOUCHED;
    QUIETLY(WriteFile(file, &byte, 0, &count, NULL), TRUE);
    EQUAL(count, 0);
    EQUAL(GetFileSize(file, NULL), 0);
    CloseHandle(file);
}

static void buffers_that_are_nowhere(void) {
    DWORD count = UNTOUCHED;
    OVERLAPPED overlapped = {0};
    put(at("nowhere"), "text");
    DWORD flags[] = {0, FILE_FLAG_OVERLAPPED};
    for (size_t i = 0; i < COUNT(flags); i++) {
        HANDLE file = open_as(at("nowhere"), RW, SHARE_ALL, OPEN_EXISTING, flags[i]);
        FAILS(ReadFile(file, NULL, 4, &count, &overlapped), ERROR_NOACCESS);
        EQUAL(count, 0);
#ifndef ON_WINE // NtWriteFile: STATUS_INVALID_USER_BUFFER there
        FAILS(WriteFile(file, NULL, 4, &count, &overlapped), ERROR_NOACCESS);
        FAILS(ReadFile(file, (void *)(ULONG_PTR)0x10000, 4, &count, &overlapped), ERROR_NOACCESS);
#endif
        CloseHandle(file);
    }
    TRUTH(!strcmp(get(at("nowhere")), "text"));
    TRUTH(DeleteFileA(at("nowhere")));
}

// ---- handles that are none

static void what_is_no_file_is_told_so(void) {
    DWORD count = UNTOUCHED;
    LARGE_INTEGER zero = {0};
    char byte;
    BY_HANDLE_FILE_INFORMATION information;
    FILE_BASIC_INFO basic;
    FILETIME time;
    OVERLAPPED overlapped = {0};
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL), closed = CreateEventA(NULL, TRUE, FALSE, NULL);
    CloseHandle(closed);
    HANDLE bad[] = {NULL, INVALID_HANDLE_VALUE, closed, event};
    for (size_t i = 0; i < COUNT(bad); i++) {
        FAILS(ReadFile(bad[i], &byte, 1, &count, NULL), ERROR_INVALID_HANDLE);
        EQUAL(count, 0);
        FAILS(WriteFile(bad[i], &byte, 1, &count, NULL), ERROR_INVALID_HANDLE);
        FAILS_WITH(SetFilePointer(bad[i], 0, NULL, FILE_BEGIN), INVALID_SET_FILE_POINTER, ERROR_INVALID_HANDLE);
        FAILS(SetFilePointerEx(bad[i], zero, NULL, FILE_BEGIN), ERROR_INVALID_HANDLE);
        FAILS_WITH(GetFileSize(bad[i], NULL), INVALID_FILE_SIZE, ERROR_INVALID_HANDLE);
        FAILS(GetFileSizeEx(bad[i], &zero), ERROR_INVALID_HANDLE);
        FAILS(SetEndOfFile(bad[i]), ERROR_INVALID_HANDLE);
        FAILS(FlushFileBuffers(bad[i]), ERROR_INVALID_HANDLE);
        FAILS(LockFile(bad[i], 0, 0, 1, 0), ERROR_INVALID_HANDLE);
        FAILS(LockFileEx(bad[i], 0, 0, 1, 0, &overlapped), ERROR_INVALID_HANDLE);
        FAILS(UnlockFile(bad[i], 0, 0, 1, 0), ERROR_INVALID_HANDLE);
        FAILS(UnlockFileEx(bad[i], 0, 1, 0, &overlapped), ERROR_INVALID_HANDLE);
        FAILS(GetFileInformationByHandle(bad[i], &information), ERROR_INVALID_HANDLE);
        FAILS(GetFileInformationByHandleEx(bad[i], FileBasicInfo, &basic, sizeof basic), ERROR_INVALID_HANDLE);
        FAILS(SetFileInformationByHandle(bad[i], FileBasicInfo, &basic, sizeof basic), ERROR_INVALID_HANDLE);
        FAILS(GetFileTime(bad[i], &time, NULL, NULL), ERROR_INVALID_HANDLE);
        FAILS(SetFileTime(bad[i], &time, NULL, NULL), ERROR_INVALID_HANDLE);
#ifndef ON_WINE
        FAILS_WITH(GetFileType(bad[i]), FILE_TYPE_UNKNOWN, ERROR_INVALID_HANDLE);
        FAILS(SetFileCompletionNotificationModes(bad[i], 1), ERROR_INVALID_HANDLE);
        FAILS(CancelIo(bad[i]), ERROR_INVALID_HANDLE);
        FAILS(CancelIoEx(bad[i], NULL), ERROR_INVALID_HANDLE);
#endif
    }
    FAILS(FindClose(NULL), ERROR_INVALID_HANDLE);
    FAILS(FindClose(INVALID_HANDLE_VALUE), ERROR_INVALID_HANDLE);
    CloseHandle(event);
}

static void a_file_handle_is_waited_for(void) {
    HANDLE file = open_as(at("waited"), RW, 0, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE);
    REQUIRE(file != INVALID_HANDLE_VALUE);
    EQUAL(WaitForSingleObject(file, 0), WAIT_OBJECT_0);
    EQUAL(GetFileType(file), FILE_TYPE_DISK);
    CloseHandle(file);
    EQUAL(WaitForSingleObject(file, 0), WAIT_FAILED);
}

#ifndef _WIN32
static void no_descriptor_is_left(void) {
    put(at("left"), "text");
    int before = entries(DESCRIPTORS);
    for (int i = 0; i < 100; i++) {
        HANDLE a = open_as(at("left"), GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
        HANDLE b = open_as(at("left"), GENERIC_WRITE, FILE_SHARE_READ, OPEN_EXISTING, 0);
        EQUAL(b, INVALID_HANDLE_VALUE);
        CloseHandle(a);
        TRUTH(CopyFileA(at("left"), at("copy"), FALSE));
        WIN32_FIND_DATAA data;
        HANDLE found = FindFirstFileA(at("*"), &data);
        FindClose(found);
    }
    EQUAL(entries(DESCRIPTORS), before);
    DeleteFileA(at("copy"));
    DeleteFileA(at("left"));
}
#endif

static const struct test_case cases[] = {
    CASE(each_disposition_of_a_missing_file),
    CASE(each_disposition_of_a_file_that_exists),
    CASE(a_disposition_that_is_none_is_refused),
    CASE(a_name_without_its_folder_is_no_path),
    CASE(a_name_with_reserved_characters_is_invalid),
    CASE(either_separator_and_the_prefix_name_the_same_file),
    CASE(wide_names_name_the_same_file),
    CASE(nul_takes_everything_and_gives_nothing),
#ifndef _WIN32
    CASE(a_device_is_neither_deleted_nor_changed),
#endif
    CASE(a_folder_is_opened_for_backup_alone),
    CASE(a_handle_does_what_it_was_opened_for),
    CASE(a_duplicate_does_what_it_was_granted),
    CASE(append_access_writes_at_the_end),
#ifndef ON_WINE
    CASE(read_only_files_are_not_written),
#endif
    CASE(every_access_meets_every_share_mode),
    CASE(attributes_alone_are_shared_with_everybody),
    CASE(a_closed_handle_shares_again),
    CASE(emptying_a_file_is_writing_it),
    CASE(deleting_and_moving_heed_share_modes),
    CASE(a_file_that_is_deleted_while_open_works_on),
    CASE(delete_on_close_deletes_with_the_last_handle),
    CASE(unbuffered_transfers_are_aligned),
    CASE(hints_change_nothing),
    CASE(the_file_pointer_goes_where_it_is_sent),
    CASE(the_end_of_file_is_set_at_the_file_pointer),
    CASE(the_end_of_a_file_is_a_success_without_bytes),
    CASE(buffers_that_are_nowhere),
    CASE(what_is_no_file_is_told_so),
    CASE(a_file_handle_is_waited_for),
#ifndef _WIN32
    CASE(no_descriptor_is_left),
#endif
};

RUN_FILE_CASES(cases)
