/*
 * windows.h: the Win32 functions that Signalbox has.
 *
 * What is declared here works as documented for Windows; what does not work is not declared, so that a program which
 * needs it fails to compile, not at run time. Winsock is in winsock2.h and mswsock.h, which this header never includes.
 * Signalbox's own functions are in signalbox.h.
 */
#ifndef SIGNALBOX_WINDOWS_H
#define SIGNALBOX_WINDOWS_H

#include <windef.h>
#if !defined(__swift__)
#include <stdarg.h>
#include <string.h>
#include <crt/wchar.h>
#endif
#include <winerror.h>
#include <winbase.h>
#include <consoleapi.h>
#include <debugapi.h>
#include <errhandlingapi.h>
#include <fibersapi.h>
#include <fileapi.h>
#include <handleapi.h>
#include <heapapi.h>
#include <interlockedapi.h>
#include <ioapiset.h>
#include <jobapi.h>
#include <jobapi2.h>
#include <libloaderapi.h>
#include <memoryapi.h>
#include <namedpipeapi.h>
#include <processenv.h>
#include <processthreadsapi.h>
#include <profileapi.h>
#include <securitybaseapi.h>
#include <stringapiset.h>
#include <synchapi.h>
#include <sysinfoapi.h>
#include <threadpoolapiset.h>
#include <threadpoollegacyapiset.h>
#include <winnls.h>
#include <winuser.h>

#endif
