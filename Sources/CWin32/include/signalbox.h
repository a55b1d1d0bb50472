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

SIGNALBOX_END

#endif
