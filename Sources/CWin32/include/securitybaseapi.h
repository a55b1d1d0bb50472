/* securitybaseapi.h: security descriptors. */
#ifndef SIGNALBOX_SECURITYBASEAPI_H
#define SIGNALBOX_SECURITYBASEAPI_H

#include <winbase.h>

SIGNALBOX_BEGIN

SIGNALBOX_API BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR pSecurityDescriptor, DWORD dwRevision);
SIGNALBOX_API BOOL WINAPI SetSecurityDescriptorDacl(
    PSECURITY_DESCRIPTOR pSecurityDescriptor, BOOL bDaclPresent, PACL pDacl, BOOL bDaclDefaulted);

SIGNALBOX_END

#endif
