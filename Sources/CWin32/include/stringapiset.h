/*
 * stringapiset.h: code pages. The system's code page (CP_ACP, CP_OEMCP) is UTF-8, and there is no other.
 *
 * With CP_ACP the flags and parameters of other code pages are accepted, as on a Windows whose code page has them; with
 * CP_UTF8 they are refused, as Windows refuses them.
 */
#ifndef SIGNALBOX_STRINGAPISET_H
#define SIGNALBOX_STRINGAPISET_H

#include <minwindef.h>

SIGNALBOX_BEGIN

SIGNALBOX_API int WINAPI MultiByteToWideChar(
    UINT CodePage, DWORD dwFlags, LPCCH lpMultiByteStr, int cbMultiByte, LPWSTR lpWideCharStr, int cchWideChar);
SIGNALBOX_API int WINAPI WideCharToMultiByte(
    UINT CodePage, DWORD dwFlags, LPCWCH lpWideCharStr, int cchWideChar, LPSTR lpMultiByteStr, int cbMultiByte,
    LPCCH lpDefaultChar, LPBOOL lpUsedDefaultChar);

SIGNALBOX_END

#endif
