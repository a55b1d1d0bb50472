/* sddl.h: security descriptors as text. */
#ifndef SIGNALBOX_SDDL_H
#define SIGNALBOX_SDDL_H

#include <winbase.h>

#define SDDL_REVISION_1 1
#define SDDL_REVISION SDDL_REVISION_1

SIGNALBOX_BEGIN

/*
 * The descriptor is given back by LocalFree. Entries for types of objects, and those with conditions, are refused
 * (ERROR_INVALID_ACL), as are accounts of a domain (ERROR_NONE_MAPPED).
 */
SIGNALBOX_API BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorA(
    LPCSTR StringSecurityDescriptor, DWORD StringSDRevision, PSECURITY_DESCRIPTOR *SecurityDescriptor,
    PULONG SecurityDescriptorSize);
SIGNALBOX_API BOOL WINAPI ConvertStringSecurityDescriptorToSecurityDescriptorW(
    LPCWSTR StringSecurityDescriptor, DWORD StringSDRevision, PSECURITY_DESCRIPTOR *SecurityDescriptor,
    PULONG SecurityDescriptorSize);

SIGNALBOX_END

#if defined(UNICODE)
#define ConvertStringSecurityDescriptorToSecurityDescriptor ConvertStringSecurityDescriptorToSecurityDescriptorW
#else
#define ConvertStringSecurityDescriptorToSecurityDescriptor ConvertStringSecurityDescriptorToSecurityDescriptorA
#endif

#endif
