// twice.c: a process has one Signalbox. A second copy of the library is refused when it is first used, with a sentence.
//
//     twice COPY       COPY is a copy of libsignalbox.so
#include <dlfcn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <windows.h>
#include <stdio.h>

typedef HANDLE WINAPI create_event(LPSECURITY_ATTRIBUTES, BOOL, BOOL, LPCSTR);

int main(int argc, char **argv) {
    int ends[2], status;
    char said[4096];
    size_t length = 0;
    if (argc != 2 || pipe(ends)) return 2;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 2);
        alarm(30);
        void *copy = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        create_event *create = copy ? (create_event *)dlsym(copy, "CreateEventA") : NULL;
        if (!create || !CreateEventA(NULL, FALSE, FALSE, NULL)) _exit(3);
        create(NULL, FALSE, FALSE, NULL);
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t count; length < sizeof said - 1; length += (size_t)count)
        if ((count = read(ends[0], said + length, sizeof said - 1 - length)) <= 0) break;
    said[length] = 0;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status) && strstr(said, "Signalbox is in this process twice")) {
        puts("PASS: the second copy is refused");
        return 0;
    }
    printf("FAIL: the child's status is %d; it said: %s\n", status, said);
    return 1;
}
