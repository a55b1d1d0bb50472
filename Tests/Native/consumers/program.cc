// A C++ program on the installed library: the headers compile as C++, and an exception passes by.
#include <winsock2.h>
#include <mswsock.h>
#include <windows.h>
#ifndef _WIN32
#include <signalbox.h>
#endif

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace {
struct handle {
    explicit handle(HANDLE value) : value(value) {
        if (!value) throw std::runtime_error("no handle");
    }
    ~handle() { CloseHandle(value); }
    handle(const handle &) = delete;
    HANDLE value;
};

DWORD WINAPI work(LPVOID port) {
    try {
        if (!PostQueuedCompletionStatus(port, 1, 2, nullptr)) throw std::runtime_error("not posted");
        throw 42;
    } catch (int number) {
        return static_cast<DWORD>(std::max(number, 1)); // windows.h must not make `max` a macro
    }
}
} // namespace

int main() {
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) return 1;
    handle port(CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1));
    handle event(CreateEvent(nullptr, TRUE, TRUE, nullptr));
    handle thread(CreateThread(nullptr, 0, work, port.value, 0, nullptr));
    HANDLE all[] = {event.value, thread.value};
    DWORD bytes = 0, code = 0;
    ULONG_PTR key = 0;
    LPOVERLAPPED overlapped = nullptr;
    if (!GetQueuedCompletionStatus(port.value, &bytes, &key, &overlapped, INFINITE) || bytes != 1 || key != 2) return 2;
    if (WaitForMultipleObjects(2, all, TRUE, INFINITE) != WAIT_OBJECT_0) return 3;
    if (!GetExitCodeThread(thread.value, &code) || code != 42) return 4;
    SOCKET made = WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, nullptr, 0, WSA_FLAG_OVERLAPPED);
    if (made == INVALID_SOCKET || closesocket(made) != 0 || WSACleanup() != 0) return 5;
    std::puts("the C++ program works");
    return 0;
}
