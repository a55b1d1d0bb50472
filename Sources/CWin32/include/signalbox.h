/*
 * signalbox.h: what Signalbox adds to Win32, for programs that systemd runs.
 *
 * Windows has none of this: include it under `#ifndef _WIN32`.
 */
#ifndef SIGNALBOX_SIGNALBOX_H
#define SIGNALBOX_SIGNALBOX_H

#include <windows.h>

#define SIGNALBOX_VERSION "0.1.0"

SIGNALBOX_BEGIN

/**
 * Tells the service manager that the service is ready (READY=1). A unit with `Type=notify` counts as started from then
 * on.
 *
 * Call it once everything that clients need is in place: after the first accepts are posted, not before.
 *
 * @param status a line for `systemctl status`, in UTF-8 (STATUS=), or NULL for none.
 * @return TRUE, also where there is no service manager: the program was started from a shell. FALSE if the manager
 *         could not be told; GetLastError has the reason.
 */
SIGNALBOX_API BOOL WINAPI SignalboxServiceReady(LPCSTR status);

/**
 * Tells the service manager in a line how the service is doing (STATUS=). `systemctl status` shows the latest one.
 *
 * The call does not wait for the manager. Once a second is often enough.
 *
 * @param status the line, in UTF-8.
 * @return TRUE, also where there is no service manager. FALSE with ERROR_INVALID_PARAMETER if status is NULL, and with
 *         another reason if the manager could not be told.
 */
SIGNALBOX_API BOOL WINAPI SignalboxServiceStatus(LPCSTR status);

/**
 * Tells the watchdog that a part of the program works: a heartbeat. From the first on, the unit's watchdog
 * (`WatchdogSec=`) hears that the service is well only while the part is heard at least once in half of that time;
 * otherwise the status and the journal say which part is not, and what the thread that called this last waits for: the
 * object, and the thread that owns it. The service manager then ends the service and starts it again.
 *
 * @param component names the part, in UTF-8. Each part has a name of its own.
 * @return TRUE, also where there is no service manager. FALSE with ERROR_INVALID_PARAMETER if component is NULL or empty.
 */
SIGNALBOX_API BOOL WINAPI SignalboxHeartbeat(LPCSTR component);

/**
 * Ends the heartbeat of a part that works no more, and need not.
 *
 * @param component its name.
 * @return TRUE. FALSE with ERROR_INVALID_PARAMETER if component is NULL or empty, with ERROR_NOT_FOUND if there is no such
 *         heartbeat.
 */
SIGNALBOX_API BOOL WINAPI SignalboxHeartbeatEnd(LPCSTR component);

/**
 * The socket of that name that the service manager holds for the program: the listening socket of a socket unit, a
 * connection of a unit with `Accept=yes` ("connection"), or one that was stored (SignalboxServiceStore).
 *
 * A program that binds and listens as it does on Windows need not call this: bind takes over the socket that systemd holds
 * at that address. Where several sockets have the name, each call returns the next.
 *
 * @param name the socket unit's `FileDescriptorName=`, or the name that it was stored under.
 * @return a SOCKET (of winsock2.h, which a program may not want here: a UINT_PTR), overlapped, which the caller closes by
 *         closesocket; one that listens needs no bind and no listen.
 *         INVALID_SOCKET with WSAEFAULT if name is NULL, WSANOTINITIALISED before WSAStartup, ERROR_NOT_FOUND if no
 *         descriptor of that name was passed, WSAENOTSOCK if it is no socket, WSAEADDRINUSE if all of that name are in
 *         use; standard error says which there are. ERROR_TOO_MANY_OPEN_FILES if the process can open no more, WSAENOBUFS
 *         if there is no room for a handle: the socket can still be asked for then.
 */
SIGNALBOX_API UINT_PTR WINAPI SignalboxServiceSocket(LPCSTR name);

/**
 * The pipe or file of that name that the service manager holds for the program (`ListenFIFO=`), or has stored for it.
 *
 * @param name as for SignalboxServiceSocket.
 * @return a HANDLE for ReadFile and WriteFile, which the caller closes by CloseHandle. NULL with
 *         ERROR_INVALID_PARAMETER if name is NULL, ERROR_NOT_FOUND if no descriptor of that name was passed,
 *         ERROR_INVALID_HANDLE if it is neither a pipe nor a file, ERROR_BUSY if all of that name are in use; standard
 *         error says which there are. ERROR_TOO_MANY_OPEN_FILES if the process can open no more,
 *         ERROR_NO_SYSTEM_RESOURCES (1450) if there is no room for a handle: the pipe can still be asked for then.
 */
SIGNALBOX_API HANDLE WINAPI SignalboxServiceHandle(LPCSTR name);

/** The manager keeps it also when its other side has ended (systemd 246 and later). */
#define SIGNALBOX_STORE_UNWATCHED 1

/**
 * Has the service manager keep what a handle stands for, until the program is started again, be it after a crash:
 * SignalboxServiceSocket or SignalboxServiceHandle then gets it by its name. The unit's `FileDescriptorStoreMax=` says how
 * many it keeps.
 *
 * The call returns when the manager has it, or has refused it, or after ten seconds.
 *
 * @param object a handle of a file or pipe, or a SOCKET. It stays the caller's.
 * @param name 1 to 255 ASCII characters without a colon. What has the same name comes back in no certain order: give the
 *        ends of a pipe a name each.
 * @param flags 0 or SIGNALBOX_STORE_UNWATCHED.
 * @return TRUE if it is kept, and where there is no service manager. FALSE with ERROR_INVALID_PARAMETER for a wrong name or
 *         flag, ERROR_INVALID_HANDLE if object is none of these, ERROR_TOO_MANY_OPEN_FILES if the manager does not keep it
 *         (it keeps as many as it may, or the unit has no `FileDescriptorStoreMax=`) or the process can open no more,
 *         ERROR_TIMEOUT if it does not answer.
 */
SIGNALBOX_API BOOL WINAPI SignalboxServiceStore(HANDLE object, LPCSTR name, DWORD flags);

/**
 * Has the service manager drop what was stored under a name, if there is anything.
 *
 * @param name the name.
 * @return TRUE, also where there is no service manager. FALSE with ERROR_INVALID_PARAMETER for a wrong name, ERROR_TIMEOUT
 *         if the manager does not answer.
 */
SIGNALBOX_API BOOL WINAPI SignalboxServiceRemove(LPCSTR name);

SIGNALBOX_END

#endif
