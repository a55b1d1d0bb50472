// filecalls.c: files as a whole: attributes, times, information by handle; copying, moving, folders, searches.
#include "filecase.h"
#include <stdlib.h>
#ifndef _WIN32
#include <sddl.h>
#include <sys/stat.h>
#endif

// ---- attributes and times

static void attributes_are_kept(void) {
    put(at("file"), "text");
    EQUAL(GetFileAttributesA(at("file")), FILE_ATTRIBUTE_ARCHIVE);
#ifndef ON_WINE // Wine keeps none of these but where Samba would
    DWORD each[] = {FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_SYSTEM, FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN,
                    FILE_ATTRIBUTE_TEMPORARY, FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, FILE_ATTRIBUTE_NORMAL};
    for (size_t i = 0; i < COUNT(each); i++) {
        TRUTH(SetFileAttributesA(at("file"), each[i]));
        EQUAL(GetFileAttributesA(at("file")), each[i]);
    }
    TRUTH(SetFileAttributesA(at("file"), FILE_ATTRIBUTE_HIDDEN));
    FAILS_WITH(open_as(at("file"), RW, 0, CREATE_ALWAYS, 0), INVALID_HANDLE_VALUE, ERROR_ACCESS_DENIED);
    TRUTH(!strcmp(get(at("file")), "text"));
    HANDLE file = open_as(at("file"), RW, 0, CREATE_ALWAYS, FILE_ATTRIBUTE_HIDDEN);
    TRUTH(file != INVALID_HANDLE_VALUE);
    CloseHandle(file);
    EQUAL(GetFileAttributesA(at("file")), FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_ARCHIVE);
    TRUTH(SetFileAttributesA(at("file"), FILE_ATTRIBUTE_NORMAL));
    FAILS(SetFileAttributesA(at("file"), FILE_ATTRIBUTE_DIRECTORY), ERROR_INVALID_PARAMETER);
#endif
    TRUTH(CreateDirectoryA(at("sub"), NULL));
    EQUAL(GetFileAttributesA(at("sub")), FILE_ATTRIBUTE_DIRECTORY);
    TRUTH(RemoveDirectoryA(at("sub")));
    FAILS(SetFileAttributesA(at("missing"), FILE_ATTRIBUTE_NORMAL), ERROR_FILE_NOT_FOUND);
    FAILS(SetFileAttributesA(at("no\\where"), FILE_ATTRIBUTE_NORMAL), ERROR_PATH_NOT_FOUND);
    TRUTH(DeleteFileA(at("file")));
}

static void attributes_come_with_size_and_times(void) {
    WIN32_FILE_ATTRIBUTE_DATA data;
    WCHAR path[MAX_PATH];
    put(at("file"), "12345");
    memset(&data, 0x55, sizeof data);
    TRUTH(GetFileAttributesExA(at("file"), GetFileExInfoStandard, &data));
    EQUAL(data.dwFileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    EQUAL(data.nFileSizeHigh, 0);
    EQUAL(data.nFileSizeLow, 5);
    TRUTH(data.ftLastWriteTime.dwHighDateTime > 0x01D00000);
    TRUTH(data.ftCreationTime.dwHighDateTime > 0x01D00000);
    MultiByteToWideChar(CP_ACP, 0, at("file"), -1, path, MAX_PATH);
    TRUTH(GetFileAttributesExW(path, GetFileExInfoStandard, &data));
    EQUAL(data.nFileSizeLow, 5);
    FAILS(GetFileAttributesExA(at("file"), GetFileExMaxInfoLevel, &data), ERROR_INVALID_PARAMETER);
    FAILS(GetFileAttributesExA(at("missing"), GetFileExInfoStandard, &data), ERROR_FILE_NOT_FOUND);
    TRUTH(DeleteFileA(at("file")));
}

static void times_are_set_and_got(void) {
    FILETIME created = {0x11111100, 0x01C00000}, accessed = {0x22222200, 0x01C11111}, written = {0x33333300, 0x01C22222};
    FILETIME a, b, c, zero = {0, 0};
    put(at("file"), "text");
    HANDLE file = open_as(at("file"), RW, SHARE_ALL, OPEN_EXISTING, 0);
    TRUTH(SetFileTime(file, &created, &accessed, &written));
    TRUTH(GetFileTime(file, &a, &b, &c));
#ifndef ON_WINE // Wine sets no time of creation
    TRUTH(!memcmp(&a, &created, sizeof a));
#endif
    TRUTH(!memcmp(&b, &accessed, sizeof b));
    TRUTH(!memcmp(&c, &written, sizeof c));
    TRUTH(SetFileTime(file, NULL, NULL, &zero)); // nothing is changed
    TRUTH(GetFileTime(file, NULL, NULL, &c));
    TRUTH(!memcmp(&c, &written, sizeof c));
    TRUTH(GetFileTime(file, NULL, NULL, NULL));
#ifndef ON_WINE // SetFileTime: times are signed, and not negative
    FILETIME negative = {0, 0x80000000};
    FAILS(SetFileTime(file, NULL, NULL, &negative), ERROR_INVALID_PARAMETER);
#endif
    CloseHandle(file);
    file = open_as(at("file"), GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
#ifndef ON_WINE // SetFileTime: "must have been created using … FILE_WRITE_ATTRIBUTES access"
    FAILS(SetFileTime(file, NULL, NULL, &written), ERROR_ACCESS_DENIED);
#endif
    CloseHandle(file);
    TRUTH(DeleteFileA(at("file")));
}

static void a_handle_tells_of_its_file(void) {
    BY_HANDLE_FILE_INFORMATION information, other;
    FILE_BASIC_INFO basic;
    FILE_STANDARD_INFO standard;
    FILE_ATTRIBUTE_TAG_INFO tag;
    FILE_ID_INFO id;
    put(at("file"), "123456");
    HANDLE file = open_as(at("file"), RW | DELETE, SHARE_ALL, OPEN_EXISTING, 0);
    HANDLE second = open_as(at("file"), GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    TRUTH(GetFileInformationByHandle(file, &information));
    TRUTH(GetFileInformationByHandle(second, &other));
    EQUAL(information.nFileSizeLow, 6);
    EQUAL(information.nNumberOfLinks, 1);
    EQUAL(information.dwFileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    EQUAL(information.nFileIndexLow, other.nFileIndexLow);
    EQUAL(information.nFileIndexHigh, other.nFileIndexHigh);
    EQUAL(information.dwVolumeSerialNumber, other.dwVolumeSerialNumber);
    TRUTH(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic));
    EQUAL(basic.FileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    TRUTH(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard));
    EQUAL(standard.EndOfFile.QuadPart, 6);
    EQUAL(standard.NumberOfLinks, 1);
    EQUAL(standard.DeletePending, FALSE);
    EQUAL(standard.Directory, FALSE);
    TRUTH(GetFileInformationByHandleEx(file, FileAttributeTagInfo, &tag, sizeof tag));
    EQUAL(tag.FileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    EQUAL(tag.ReparseTag, 0);
    TRUTH(GetFileInformationByHandleEx(file, FileIdInfo, &id, sizeof id));
    FAILS(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard - 1), ERROR_BAD_LENGTH);
#ifndef ON_WINE
    FAILS(GetFileInformationByHandleEx(file, MaximumFileInfoByHandleClass, &standard, sizeof standard),
          ERROR_INVALID_PARAMETER);
#endif
    CloseHandle(file);
    CloseHandle(second);
    TRUTH(DeleteFileA(at("file")));
}

static void a_handle_changes_its_file(void) {
    FILE_BASIC_INFO basic;
    FILE_END_OF_FILE_INFO end;
    FILE_ALLOCATION_INFO allocation;
    FILE_DISPOSITION_INFO disposition = {TRUE};
    put(at("file"), "123456");
    HANDLE reader = open_as(at("file"), GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    HANDLE file = open_as(at("file"), RW | DELETE, SHARE_ALL, OPEN_EXISTING, 0);
    end.EndOfFile.QuadPart = 3;
#ifndef ON_WINE
    FAILS(SetFileInformationByHandle(reader, FileEndOfFileInfo, &end, sizeof end), ERROR_ACCESS_DENIED);
    FAILS(SetFileInformationByHandle(reader, FileDispositionInfo, &disposition, sizeof disposition), ERROR_ACCESS_DENIED);
    FAILS(SetFileInformationByHandle(file, FileEndOfFileInfo, &end, 4), ERROR_BAD_LENGTH);
#endif
    TRUTH(SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end));
    EQUAL(GetFileSize(file, NULL), 3);
    end.EndOfFile.QuadPart = -1;
    FAILS(SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof end), ERROR_INVALID_PARAMETER);
#ifndef ON_WINE
    allocation.AllocationSize.QuadPart = 2;
    TRUTH(SetFileInformationByHandle(file, FileAllocationInfo, &allocation, sizeof allocation));
    EQUAL(GetFileSize(file, NULL), 2);
    allocation.AllocationSize.QuadPart = 1 << 20;
    TRUTH(SetFileInformationByHandle(file, FileAllocationInfo, &allocation, sizeof allocation));
    EQUAL(GetFileSize(file, NULL), 2);
    memset(&basic, 0, sizeof basic);
    basic.FileAttributes = FILE_ATTRIBUTE_HIDDEN;
    basic.LastWriteTime.QuadPart = 0x01C2222233333300LL;
    TRUTH(SetFileInformationByHandle(file, FileBasicInfo, &basic, sizeof basic));
    TRUTH(GetFileInformationByHandleEx(file, FileBasicInfo, &basic, sizeof basic));
    EQUAL(basic.FileAttributes, FILE_ATTRIBUTE_HIDDEN);
    EQUAL(basic.LastWriteTime.QuadPart, 0x01C2222233333300LL);
#endif
    (void)basic;
    (void)allocation;
    TRUTH(SetFileInformationByHandle(file, FileDispositionInfo, &disposition, sizeof disposition));
    CloseHandle(file);
    CloseHandle(reader);
    TRUTH(!exists(at("file")));
}

static void a_deletion_is_undone(void) {
    FILE_DISPOSITION_INFO disposition = {TRUE};
    FILE_STANDARD_INFO standard;
    put(at("file"), "text");
    HANDLE file = open_as(at("file"), RW | DELETE, SHARE_ALL, OPEN_EXISTING, 0);
    TRUTH(SetFileInformationByHandle(file, FileDispositionInfo, &disposition, sizeof disposition));
    TRUTH(GetFileInformationByHandleEx(file, FileStandardInfo, &standard, sizeof standard));
#ifndef ON_WINE // FILE_STANDARD_INFO: "TRUE if the file in the delete queue"
    EQUAL(standard.DeletePending, TRUE);
#endif
    disposition.DeleteFile = FALSE;
    TRUTH(SetFileInformationByHandle(file, FileDispositionInfo, &disposition, sizeof disposition));
    CloseHandle(file);
    TRUTH(exists(at("file")));
    TRUTH(DeleteFileA(at("file")));
}

static void a_handle_renames_its_file(void) {
    union {
        FILE_RENAME_INFO info;
        char room[sizeof(FILE_RENAME_INFO) + 2 * MAX_PATH];
    } rename;
    put(at("from"), "text");
    put(at("there"), "other");
    HANDLE file = open_as(at("from"), RW | DELETE, SHARE_ALL, OPEN_EXISTING, 0);
    memset(&rename, 0, sizeof rename);
    rename.info.FileNameLength =
        2 * (DWORD)(MultiByteToWideChar(CP_ACP, 0, at("there"), -1, rename.info.FileName, MAX_PATH) - 1);
    FAILS(SetFileInformationByHandle(file, FileRenameInfo, &rename, sizeof rename), ERROR_ALREADY_EXISTS);
    rename.info.ReplaceIfExists = TRUE;
    TRUTH(SetFileInformationByHandle(file, FileRenameInfo, &rename, sizeof rename));
    CloseHandle(file);
    TRUTH(!exists(at("from")));
    TRUTH(!strcmp(get(at("there")), "text"));
    TRUTH(DeleteFileA(at("there")));
}

// ---- copying and moving

static void a_copy_has_the_bytes_the_attributes_and_the_time(void) {
    WIN32_FILE_ATTRIBUTE_DATA one, two;
    WCHAR from[MAX_PATH], to[MAX_PATH];
    put(at("from"), "text");
    TRUTH(CopyFileA(at("from"), at("to"), TRUE));
    TRUTH(!strcmp(get(at("to")), "text"));
    TRUTH(GetFileAttributesExA(at("from"), GetFileExInfoStandard, &one));
    TRUTH(GetFileAttributesExA(at("to"), GetFileExInfoStandard, &two));
    TRUTH(!memcmp(&one.ftLastWriteTime, &two.ftLastWriteTime, sizeof one.ftLastWriteTime));
    EQUAL(one.dwFileAttributes, two.dwFileAttributes);
    FAILS(CopyFileA(at("from"), at("to"), TRUE), ERROR_FILE_EXISTS);
    put(at("from"), "new");
    MultiByteToWideChar(CP_ACP, 0, at("from"), -1, from, MAX_PATH);
    MultiByteToWideChar(CP_ACP, 0, at("to"), -1, to, MAX_PATH);
    TRUTH(CopyFileW(from, to, FALSE));
    TRUTH(!strcmp(get(at("to")), "new"));
    FAILS(CopyFileA(at("missing"), at("other"), FALSE), ERROR_FILE_NOT_FOUND);
    FAILS(CopyFileA(at("from"), at("no\\where"), FALSE), ERROR_PATH_NOT_FOUND);
    TRUTH(!exists(at("other")));
    // What others hold is neither read nor replaced.
    HANDLE holder = open_as(at("to"), GENERIC_READ, FILE_SHARE_READ, OPEN_EXISTING, 0);
    FAILS(CopyFileA(at("from"), at("to"), FALSE), ERROR_SHARING_VIOLATION);
    CloseHandle(holder);
    holder = open_as(at("from"), RW, 0, OPEN_EXISTING, 0);
    FAILS(CopyFileA(at("from"), at("to"), FALSE), ERROR_SHARING_VIOLATION);
    CloseHandle(holder);
    TRUTH(!strcmp(get(at("to")), "new"));
    TRUTH(DeleteFileA(at("from")));
    TRUTH(DeleteFileA(at("to")));
}

static void a_large_file_is_copied_whole(void) {
    enum { SIZE = 3 << 20 };
    char *memory = VirtualAlloc(NULL, SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    DWORD count;
    for (int i = 0; i < SIZE; i++) memory[i] = (char)(i * 7 + (i >> 11));
    HANDLE file = open_as(at("from"), RW, 0, CREATE_ALWAYS, 0);
    TRUTH(WriteFile(file, memory, SIZE, &count, NULL));
    EQUAL(count, SIZE);
    CloseHandle(file);
    TRUTH(CopyFileA(at("from"), at("to"), TRUE));
    memset(memory, 0, SIZE);
    file = open_as(at("to"), GENERIC_READ, 0, OPEN_EXISTING, 0);
    TRUTH(ReadFile(file, memory, SIZE, &count, NULL));
    EQUAL(count, SIZE);
    int wrong = 0;
    for (int i = 0; i < SIZE; i++) wrong += memory[i] != (char)(i * 7 + (i >> 11));
    EQUAL(wrong, 0);
    CloseHandle(file);
    VirtualFree(memory, 0, MEM_RELEASE);
    TRUTH(DeleteFileA(at("from")));
    TRUTH(DeleteFileA(at("to")));
}

static void a_file_is_moved(void) {
    WCHAR from[MAX_PATH], to[MAX_PATH];
    put(at("from"), "text");
    TRUTH(MoveFileA(at("from"), at("to")));
    TRUTH(!exists(at("from")));
    TRUTH(!strcmp(get(at("to")), "text"));
    put(at("from"), "other");
    FAILS(MoveFileA(at("from"), at("to")), ERROR_ALREADY_EXISTS);
    TRUTH(!strcmp(get(at("to")), "text"));
    FAILS(MoveFileExA(at("from"), at("to"), 0), ERROR_ALREADY_EXISTS);
    MultiByteToWideChar(CP_ACP, 0, at("from"), -1, from, MAX_PATH);
    MultiByteToWideChar(CP_ACP, 0, at("to"), -1, to, MAX_PATH);
    TRUTH(MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH));
    TRUTH(!strcmp(get(at("to")), "other"));
    TRUTH(MoveFileW(to, from));
    FAILS(MoveFileA(at("missing"), at("to")), ERROR_FILE_NOT_FOUND);
    FAILS(MoveFileA(at("from"), at("no\\where")), ERROR_PATH_NOT_FOUND);
    TRUTH(!strcmp(get(at("from")), "other"));
    TRUTH(DeleteFileA(at("from")));
}

static void a_folder_is_moved_and_never_replaced(void) {
    TRUTH(CreateDirectoryA(at("sub"), NULL));
    put(at("sub\\file"), "inside");
    put(at("file"), "outside");
    TRUTH(MoveFileA(at("sub"), at("moved")));
    TRUTH(!strcmp(get(at("moved\\file")), "inside"));
    FAILS(MoveFileExA(at("file"), at("moved"), MOVEFILE_REPLACE_EXISTING), ERROR_ACCESS_DENIED);
    FAILS(DeleteFileA(at("moved")), ERROR_ACCESS_DENIED);
    TRUTH(DeleteFileA(at("file")));
    TRUTH(DeleteFileA(at("moved\\file")));
    TRUTH(RemoveDirectoryA(at("moved")));
}

// ---- folders

static void folders_are_made_and_removed(void) {
    WCHAR path[MAX_PATH];
    TRUTH(CreateDirectoryA(at("sub"), NULL));
    FAILS(CreateDirectoryA(at("sub"), NULL), ERROR_ALREADY_EXISTS);
    FAILS(CreateDirectoryA(at("no\\where"), NULL), ERROR_PATH_NOT_FOUND);
    put(at("sub\\file"), "");
    FAILS(RemoveDirectoryA(at("sub")), ERROR_DIR_NOT_EMPTY);
    FAILS(RemoveDirectoryA(at("sub\\file")), ERROR_DIRECTORY);
    FAILS(RemoveDirectoryA(at("missing")), ERROR_FILE_NOT_FOUND);
    FAILS(RemoveDirectoryA(at("no\\where")), ERROR_PATH_NOT_FOUND);
    TRUTH(DeleteFileA(at("sub\\file")));
    MultiByteToWideChar(CP_ACP, 0, at("sub"), -1, path, MAX_PATH);
    TRUTH(RemoveDirectoryW(path));
    TRUTH(CreateDirectoryW(path, NULL));
    TRUTH(RemoveDirectoryA(at("sub")));
}

// ---- searches

static int search(const char *pattern, char *found, size_t size) {
    WIN32_FIND_DATAA data;
    int count = 0;
    found[0] = 0;
    HANDLE handle = FindFirstFileA(pattern, &data);
    if (handle == INVALID_HANDLE_VALUE) return -(int)GetLastError();
    do {
        count++;
        if (strlen(found) + strlen(data.cFileName) + 2 < size) strcat(strcat(found, data.cFileName), " ");
    } while (FindNextFileA(handle, &data));
    EQUAL(GetLastError(), ERROR_NO_MORE_FILES);
    TRUTH(FindClose(handle));
    return count;
}

static void searches_find_what_matches(void) {
    char found[400];
    const char *names[] = {"a.txt", "b.txt", "c.dat", "plain"};
    TRUTH(CreateDirectoryA(at("sub"), NULL));
    for (size_t i = 0; i < COUNT(names); i++) {
        char name[64];
        snprintf(name, sizeof name, "sub\\%s", names[i]);
        put(at(name), "12");
    }
    EQUAL(search(at("sub\\*"), found, sizeof found), 6);
    TRUTH(!strcmp(found, ". .. a.txt b.txt c.dat plain "));
    EQUAL(search(at("sub\\*.*"), found, sizeof found), 6);
    EQUAL(search(at("sub\\*.txt"), found, sizeof found), 2);
    TRUTH(!strcmp(found, "a.txt b.txt "));
    EQUAL(search(at("sub\\*.TXT"), found, sizeof found), 2);
    EQUAL(search(at("sub\\?.dat"), found, sizeof found), 1);
    EQUAL(search(at("sub\\p*n"), found, sizeof found), 1);
    EQUAL(search(at("sub\\plain"), found, sizeof found), 1);
    TRUTH(!strcmp(found, "plain "));
    EQUAL(search(at("sub\\*.none"), found, sizeof found), -ERROR_FILE_NOT_FOUND);
    EQUAL(search(at("sub\\missing"), found, sizeof found), -ERROR_FILE_NOT_FOUND);
    EQUAL(search(at("sub\\"), found, sizeof found), -ERROR_FILE_NOT_FOUND);
    EQUAL(search(at("no\\*"), found, sizeof found), -ERROR_PATH_NOT_FOUND);
    for (size_t i = 0; i < COUNT(names); i++) {
        char name[64];
        snprintf(name, sizeof name, "sub\\%s", names[i]);
        TRUTH(DeleteFileA(at(name)));
    }
    TRUTH(RemoveDirectoryA(at("sub")));
}

static void a_search_tells_what_is_known(void) {
    WIN32_FIND_DATAA data, before;
    WIN32_FIND_DATAW wide;
    WCHAR path[MAX_PATH];
    put(at("file.bin"), "12345");
    TRUTH(CreateDirectoryA(at("file.dir"), NULL));
    memset(&data, 0x55, sizeof data);
    HANDLE handle = FindFirstFileA(at("file.*"), &data);
    REQUIRE(handle != INVALID_HANDLE_VALUE);
    TRUTH(!strcmp(data.cFileName, "file.bin"));
    EQUAL(data.dwFileAttributes, FILE_ATTRIBUTE_ARCHIVE);
    EQUAL(data.nFileSizeLow, 5);
    EQUAL(data.nFileSizeHigh, 0);
    EQUAL(data.cAlternateFileName[0], 0);
    TRUTH(FindNextFileA(handle, &data));
    TRUTH(!strcmp(data.cFileName, "file.dir"));
    EQUAL(data.dwFileAttributes, FILE_ATTRIBUTE_DIRECTORY);
    before = data;
    FAILS(FindNextFileA(handle, &data), ERROR_NO_MORE_FILES);
    TRUTH(!memcmp(&before, &data, sizeof data));
    TRUTH(FindClose(handle));
#ifndef ON_WINE // a closed search is no handle
    FAILS(FindNextFileA(handle, &data), ERROR_INVALID_HANDLE);
    FAILS(FindClose(handle), ERROR_INVALID_HANDLE);
#endif
    MultiByteToWideChar(CP_ACP, 0, at("file.*"), -1, path, MAX_PATH);
    handle = FindFirstFileExW(path, FindExInfoBasic, &wide, FindExSearchNameMatch, NULL, FIND_FIRST_EX_LARGE_FETCH);
    REQUIRE(handle != INVALID_HANDLE_VALUE);
    TRUTH(wide.cFileName[5] == 'b');
    TRUTH(FindNextFileW(handle, &wide));
    TRUTH(FindClose(handle));
    handle = FindFirstFileExA(at("file.*"), FindExInfoStandard, &data, FindExSearchLimitToDirectories, NULL, 0);
    TRUTH(handle != INVALID_HANDLE_VALUE);
    TRUTH(FindClose(handle));
    FAILS_WITH(FindFirstFileExA(at("*"), FindExInfoMaxInfoLevel, &data, FindExSearchNameMatch, NULL, 0),
               INVALID_HANDLE_VALUE, ERROR_INVALID_PARAMETER);
    TRUTH(DeleteFileA(at("file.bin")));
    TRUTH(RemoveDirectoryA(at("file.dir")));
}

#ifndef _WIN32
// ---- security

static int mode_of(const char *path) {
    char text[MAX_PATH + 300];
    struct stat found;
    strcpy(text, path);
    for (char *c = text; *c; c++)
        if (*c == '\\') *c = '/';
    return stat(text, &found) ? -1 : (int)(found.st_mode & 0777);
}

static void a_descriptor_becomes_a_mode(void) {
    struct {
        const char *text;
        int file, folder;
    } each[] = {{"D:(A;;GRGW;;;OW)", 0600, 0700}, {"D:(A;;GA;;;OW)(A;;GR;;;WD)", 0744, 0755}, {"D:NO_ACCESS_CONTROL", 0666, 0777}};
    for (size_t i = 0; i < COUNT(each); i++) {
        SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
        REQUIRE(ConvertStringSecurityDescriptorToSecurityDescriptorA(each[i].text, SDDL_REVISION_1,
                                                                     &attributes.lpSecurityDescriptor, NULL));
        HANDLE file = CreateFileA(at("secured"), RW, 0, &attributes, CREATE_NEW, 0, NULL);
        TRUTH(file != INVALID_HANDLE_VALUE);
        EQUAL(mode_of(at("secured")), each[i].file);
        CloseHandle(file);
        TRUTH(CreateDirectoryA(at("folder"), &attributes));
        EQUAL(mode_of(at("folder")), each[i].folder);
        TRUTH(RemoveDirectoryA(at("folder")));
        TRUTH(DeleteFileA(at("secured")));
        LocalFree(attributes.lpSecurityDescriptor);
    }
    char rubbish[64];
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, rubbish, FALSE};
    memset(rubbish, 0xEE, sizeof rubbish);
    FAILS_WITH(CreateFileA(at("secured"), RW, 0, &attributes, CREATE_NEW, 0, NULL), INVALID_HANDLE_VALUE,
               ERROR_UNKNOWN_REVISION);
    TRUTH(!exists(at("secured")));
}
#endif

// ---- heirs

static int be_heir(char **arguments) {
    HANDLE file = (HANDLE)(ULONG_PTR)strtoul(arguments[2], NULL, 10);
    char bytes[8];
    DWORD count = 0;
    if (!ReadFile(file, bytes, 3, &count, NULL) || count != 3 || memcmp(bytes, "def", 3)) return 1;
    if (SetFilePointer(file, 0, NULL, FILE_END) != 9 || !WriteFile(file, "jkl", 3, &count, NULL)) return 2;
    HANDLE none = (HANDLE)(ULONG_PTR)strtoul(arguments[3], NULL, 10);
    if (ReadFile(none, bytes, 1, &count, NULL) || GetLastError() != ERROR_INVALID_HANDLE) return 3;
    return 77;
}

static void a_handle_is_inherited_if_it_shall_be(void) {
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, TRUE};
    STARTUPINFOA startup;
    PROCESS_INFORMATION child;
    char own[MAX_PATH], line[MAX_PATH + 100];
    DWORD code = UNTOUCHED, flags = UNTOUCHED, count;
    memset(&startup, 0, sizeof startup);
    startup.cb = sizeof startup;
    put(at("file"), "abcdefghi");
    HANDLE file = CreateFileA(at("file"), RW, FILE_SHARE_READ, &attributes, OPEN_EXISTING, 0, NULL);
    HANDLE other = open_as(at("file"), GENERIC_READ, SHARE_ALL, OPEN_EXISTING, 0);
    REQUIRE(file != INVALID_HANDLE_VALUE && other != INVALID_HANDLE_VALUE);
    TRUTH(GetHandleInformation(file, &flags));
    EQUAL(flags, HANDLE_FLAG_INHERIT);
    TRUTH(GetHandleInformation(other, &flags));
    EQUAL(flags, 0);
    TRUTH(ReadFile(file, line, 3, &count, NULL));
    GetModuleFileNameA(NULL, own, sizeof own);
    snprintf(line, sizeof line, "\"%s\" heir %lu %lu", own, (unsigned long)(ULONG_PTR)file, (unsigned long)(ULONG_PTR)other);
    REQUIRE(CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &child));
    EQUAL(WaitForSingleObject(child.hProcess, INFINITE), WAIT_OBJECT_0);
    TRUTH(GetExitCodeProcess(child.hProcess, &code));
    EQUAL(code, 77);
    CloseHandle(child.hProcess);
    CloseHandle(child.hThread);
    CloseHandle(file);
    CloseHandle(other);
    TRUTH(!strcmp(get(at("file")), "abcdefghijkl"));
    TRUTH(DeleteFileA(at("file")));
}

static const struct test_case cases[] = {
    CASE(attributes_are_kept),
    CASE(attributes_come_with_size_and_times),
    CASE(times_are_set_and_got),
    CASE(a_handle_tells_of_its_file),
    CASE(a_handle_changes_its_file),
    CASE(a_deletion_is_undone),
    CASE(a_handle_renames_its_file),
    CASE(a_copy_has_the_bytes_the_attributes_and_the_time),
    CASE(a_large_file_is_copied_whole),
    CASE(a_file_is_moved),
    CASE(a_folder_is_moved_and_never_replaced),
    CASE(folders_are_made_and_removed),
    CASE(searches_find_what_matches),
    CASE(a_search_tells_what_is_known),
#ifndef _WIN32
    CASE(a_descriptor_becomes_a_mode),
#endif
    CASE(a_handle_is_inherited_if_it_shall_be),
};

#define main(argc, argv) cases_main(argc, argv)
RUN_FILE_CASES(cases)
#undef main

int main(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[1], "heir")) return be_heir(argv);
    return cases_main(argc, argv);
}
