/* guiddef.h: the identifier type that names Winsock's extension functions. */
#ifndef SIGNALBOX_GUIDDEF_H
#define SIGNALBOX_GUIDDEF_H

typedef struct _GUID {
    unsigned int Data1;
    unsigned short Data2;
    unsigned short Data3;
    unsigned char Data4[8];
} GUID, *LPGUID;
typedef const GUID *LPCGUID;

#endif
