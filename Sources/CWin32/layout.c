// The layouts of 64-bit Windows, checked at compile time: programs store these structures in files and in messages, and
// size their buffers by them.
#include <winsock2.h>
#include <mswsock.h>
#include <ws2tcpip.h>
#include <afunix.h>
#include <windows.h>
#include <stddef.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define OFFSET(type, member, bytes) _Static_assert(offsetof(type, member) == (bytes), "offset of " #type "." #member)

#define SIGNALBOX_CONSTANT(type, name, value) _Static_assert((name) == (type)(value), "value of " #name);
#include <ws2names.h>
#undef SIGNALBOX_CONSTANT

// Integers and characters.
SIZE(BOOL, 4);
SIZE(BOOLEAN, 1);
SIZE(BYTE, 1);
SIZE(WORD, 2);
SIZE(DWORD, 4);
SIZE(LONG, 4);
SIZE(ULONG, 4);
SIZE(LONGLONG, 8);
SIZE(ULONGLONG, 8);
SIZE(LONG64, 8);
SIZE(WCHAR, 2);
SIZE(HANDLE, 8);
SIZE(ULONG_PTR, 8);
SIZE(SIZE_T, 8);
SIZE(SOCKET, 8);
_Static_assert((LONG)-1 < 0 && (LONG_PTR)-1 < 0 && (ULONG_PTR)-1 > 0 && (SOCKET)-1 > 0 && (WCHAR)-1 > 0, "signedness");

SIZE(GUID, 16);
OFFSET(GUID, Data4, 8);

SIZE(LARGE_INTEGER, 8);
OFFSET(LARGE_INTEGER, HighPart, 4);
OFFSET(LARGE_INTEGER, u.HighPart, 4);
OFFSET(LARGE_INTEGER, QuadPart, 0);
SIZE(ULARGE_INTEGER, 8);

SIZE(FILETIME, 8);
OFFSET(FILETIME, dwHighDateTime, 4);

SIZE(REASON_CONTEXT, 32);
OFFSET(REASON_CONTEXT, Reason.SimpleReasonString, 8);
OFFSET(REASON_CONTEXT, Reason.Detailed.ReasonStrings, 24);

SIZE(SECURITY_ATTRIBUTES, 24);
OFFSET(SECURITY_ATTRIBUTES, lpSecurityDescriptor, 8);
OFFSET(SECURITY_ATTRIBUTES, bInheritHandle, 16);

#if defined(__x86_64__)
SIZE(M128A, 16);
SIZE(XMM_SAVE_AREA32, 512);
OFFSET(XMM_SAVE_AREA32, MxCsr, 24);
OFFSET(XMM_SAVE_AREA32, FloatRegisters, 32);
OFFSET(XMM_SAVE_AREA32, XmmRegisters, 160);
SIZE(CONTEXT, 1232);
_Static_assert(_Alignof(CONTEXT) == 16, "alignment of CONTEXT");
OFFSET(CONTEXT, ContextFlags, 48);
OFFSET(CONTEXT, MxCsr, 52);
OFFSET(CONTEXT, SegCs, 56);
OFFSET(CONTEXT, SegSs, 66);
OFFSET(CONTEXT, EFlags, 68);
OFFSET(CONTEXT, Dr7, 112);
OFFSET(CONTEXT, Rax, 120);
OFFSET(CONTEXT, Rsp, 152);
OFFSET(CONTEXT, R15, 240);
OFFSET(CONTEXT, Rip, 248);
OFFSET(CONTEXT, FltSave, 256);
OFFSET(CONTEXT, Xmm0, 416);
OFFSET(CONTEXT, VectorRegister, 768);
OFFSET(CONTEXT, VectorControl, 1184);
OFFSET(CONTEXT, LastExceptionFromRip, 1224);
#endif

SIZE(OVERLAPPED, 32);
OFFSET(OVERLAPPED, InternalHigh, 8);
OFFSET(OVERLAPPED, Offset, 16);
OFFSET(OVERLAPPED, OffsetHigh, 20);
OFFSET(OVERLAPPED, Pointer, 16);
OFFSET(OVERLAPPED, hEvent, 24);
SIZE(WSAOVERLAPPED, 32);

SIZE(CRITICAL_SECTION, 40);
OFFSET(CRITICAL_SECTION, DebugInfo, 0);
OFFSET(CRITICAL_SECTION, LockCount, 8);
OFFSET(CRITICAL_SECTION, RecursionCount, 12);
OFFSET(CRITICAL_SECTION, OwningThread, 16);
OFFSET(CRITICAL_SECTION, LockSemaphore, 24);
OFFSET(CRITICAL_SECTION, SpinCount, 32);

SIZE(SYSTEM_INFO, 48);
OFFSET(SYSTEM_INFO, wProcessorArchitecture, 0);
OFFSET(SYSTEM_INFO, dwPageSize, 4);
OFFSET(SYSTEM_INFO, lpMinimumApplicationAddress, 8);
OFFSET(SYSTEM_INFO, lpMaximumApplicationAddress, 16);
OFFSET(SYSTEM_INFO, dwActiveProcessorMask, 24);
OFFSET(SYSTEM_INFO, dwNumberOfProcessors, 32);
OFFSET(SYSTEM_INFO, dwProcessorType, 36);
OFFSET(SYSTEM_INFO, dwAllocationGranularity, 40);
OFFSET(SYSTEM_INFO, wProcessorLevel, 44);
OFFSET(SYSTEM_INFO, wProcessorRevision, 46);

SIZE(MEMORY_BASIC_INFORMATION, 48);
OFFSET(MEMORY_BASIC_INFORMATION, AllocationProtect, 16);
OFFSET(MEMORY_BASIC_INFORMATION, RegionSize, 24);
OFFSET(MEMORY_BASIC_INFORMATION, State, 32);
OFFSET(MEMORY_BASIC_INFORMATION, Protect, 36);
OFFSET(MEMORY_BASIC_INFORMATION, Type, 40);
SIZE(TP_POOL_STACK_INFORMATION, 16);
OFFSET(TP_POOL_STACK_INFORMATION, StackCommit, 8);
SIZE(TP_CALLBACK_ENVIRON, 72);
OFFSET(TP_CALLBACK_ENVIRON, Pool, 8);
OFFSET(TP_CALLBACK_ENVIRON, CleanupGroup, 16);
OFFSET(TP_CALLBACK_ENVIRON, CleanupGroupCancelCallback, 24);
OFFSET(TP_CALLBACK_ENVIRON, RaceDll, 32);
OFFSET(TP_CALLBACK_ENVIRON, ActivationContext, 40);
OFFSET(TP_CALLBACK_ENVIRON, FinalizationCallback, 48);
OFFSET(TP_CALLBACK_ENVIRON, u.Flags, 56);
OFFSET(TP_CALLBACK_ENVIRON, CallbackPriority, 60);
OFFSET(TP_CALLBACK_ENVIRON, Size, 64);

// Sockets.
SIZE(WSADATA, 408);
OFFSET(WSADATA, wHighVersion, 2);
OFFSET(WSADATA, iMaxSockets, 4);
OFFSET(WSADATA, iMaxUdpDg, 6);
OFFSET(WSADATA, lpVendorInfo, 8);
OFFSET(WSADATA, szDescription, 16);
OFFSET(WSADATA, szSystemStatus, 273);

SIZE(WSABUF, 16);
OFFSET(WSABUF, buf, 8);

SIZE(WSAPROTOCOLCHAIN, 32);
SIZE(WSAPROTOCOL_INFOA, 372);
OFFSET(WSAPROTOCOL_INFOA, ProviderId, 20);
OFFSET(WSAPROTOCOL_INFOA, dwCatalogEntryId, 36);
OFFSET(WSAPROTOCOL_INFOA, ProtocolChain, 40);
OFFSET(WSAPROTOCOL_INFOA, iVersion, 72);
OFFSET(WSAPROTOCOL_INFOA, iProtocol, 92);
OFFSET(WSAPROTOCOL_INFOA, szProtocol, 116);
SIZE(WSAPROTOCOL_INFOW, 628);
OFFSET(WSAPROTOCOL_INFOW, szProtocol, 116);

SIZE(LINGER, 4);
SIZE(IN_ADDR, 4);
OFFSET(IN_ADDR, S_un.S_un_b.s_b4, 3);
SIZE(IN6_ADDR, 16);

SIZE(SOCKADDR, 16);
OFFSET(SOCKADDR, sa_data, 2);
SIZE(SOCKADDR_IN, 16);
OFFSET(SOCKADDR_IN, sin_port, 2);
OFFSET(SOCKADDR_IN, sin_addr, 4);
OFFSET(SOCKADDR_IN, sin_zero, 8);
SIZE(SOCKADDR_IN6, 28);
OFFSET(SOCKADDR_IN6, sin6_port, 2);
OFFSET(SOCKADDR_IN6, sin6_flowinfo, 4);
OFFSET(SOCKADDR_IN6, sin6_addr, 8);
OFFSET(SOCKADDR_IN6, sin6_scope_id, 24);
SIZE(SOCKADDR_STORAGE, 128);
SIZE(SOCKADDR_UN, 110);
OFFSET(SOCKADDR_UN, sun_path, 2);
