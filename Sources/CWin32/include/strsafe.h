/*
 * strsafe.h: strings that always end. What does not fit is cut, and the result says so.
 *
 * Sizes are in characters (Cch) or in bytes (Cb), with the NUL. Formats are as corecrt.h has them.
 */
#ifndef SIGNALBOX_STRSAFE_H
#define SIGNALBOX_STRSAFE_H

#include <stdarg.h>
#include <minwindef.h>
#include <winerror.h>

#define STRSAFE_MAX_CCH 2147483647
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007A)
#define STRSAFE_E_INVALID_PARAMETER ((HRESULT)0x80070057)
#define STRSAFE_E_END_OF_FILE ((HRESULT)0x80070026)

SIGNALBOX_BEGIN

SIGNALBOX_API HRESULT WINAPI StringCchCopyA(CHAR *pszDest, size_t cchDest, const CHAR *pszSrc);
SIGNALBOX_API HRESULT WINAPI StringCchCopyW(WCHAR *pszDest, size_t cchDest, const WCHAR *pszSrc);
SIGNALBOX_API HRESULT WINAPI StringCchCopyNA(CHAR *pszDest, size_t cchDest, const CHAR *pszSrc, size_t cchToCopy);
SIGNALBOX_API HRESULT WINAPI StringCchCopyNW(WCHAR *pszDest, size_t cchDest, const WCHAR *pszSrc, size_t cchToCopy);
SIGNALBOX_API HRESULT WINAPI StringCchCatA(CHAR *pszDest, size_t cchDest, const CHAR *pszSrc);
SIGNALBOX_API HRESULT WINAPI StringCchCatW(WCHAR *pszDest, size_t cchDest, const WCHAR *pszSrc);
SIGNALBOX_API HRESULT WINAPI StringCchCatNA(CHAR *pszDest, size_t cchDest, const CHAR *pszSrc, size_t cchToAppend);
SIGNALBOX_API HRESULT WINAPI StringCchCatNW(WCHAR *pszDest, size_t cchDest, const WCHAR *pszSrc, size_t cchToAppend);
SIGNALBOX_API HRESULT WINAPI StringCchPrintfA(CHAR *pszDest, size_t cchDest, const CHAR *pszFormat, ...);
SIGNALBOX_API HRESULT WINAPI StringCchPrintfW(WCHAR *pszDest, size_t cchDest, const WCHAR *pszFormat, ...);
SIGNALBOX_API HRESULT WINAPI StringCchVPrintfA(CHAR *pszDest, size_t cchDest, const CHAR *pszFormat, va_list argList);
SIGNALBOX_API HRESULT WINAPI StringCchVPrintfW(WCHAR *pszDest, size_t cchDest, const WCHAR *pszFormat, va_list argList);
SIGNALBOX_API HRESULT WINAPI StringCchLengthA(const CHAR *psz, size_t cchMax, size_t *pcchLength);
SIGNALBOX_API HRESULT WINAPI StringCchLengthW(const WCHAR *psz, size_t cchMax, size_t *pcchLength);
SIGNALBOX_API HRESULT WINAPI StringCbCopyA(CHAR *pszDest, size_t cbDest, const CHAR *pszSrc);
SIGNALBOX_API HRESULT WINAPI StringCbCopyW(WCHAR *pszDest, size_t cbDest, const WCHAR *pszSrc);
SIGNALBOX_API HRESULT WINAPI StringCbCopyNA(CHAR *pszDest, size_t cbDest, const CHAR *pszSrc, size_t cbToCopy);
SIGNALBOX_API HRESULT WINAPI StringCbCopyNW(WCHAR *pszDest, size_t cbDest, const WCHAR *pszSrc, size_t cbToCopy);
SIGNALBOX_API HRESULT WINAPI StringCbCatA(CHAR *pszDest, size_t cbDest, const CHAR *pszSrc);
SIGNALBOX_API HRESULT WINAPI StringCbCatW(WCHAR *pszDest, size_t cbDest, const WCHAR *pszSrc);
SIGNALBOX_API HRESULT WINAPI StringCbCatNA(CHAR *pszDest, size_t cbDest, const CHAR *pszSrc, size_t cbToAppend);
SIGNALBOX_API HRESULT WINAPI StringCbCatNW(WCHAR *pszDest, size_t cbDest, const WCHAR *pszSrc, size_t cbToAppend);
SIGNALBOX_API HRESULT WINAPI StringCbPrintfA(CHAR *pszDest, size_t cbDest, const CHAR *pszFormat, ...);
SIGNALBOX_API HRESULT WINAPI StringCbPrintfW(WCHAR *pszDest, size_t cbDest, const WCHAR *pszFormat, ...);
SIGNALBOX_API HRESULT WINAPI StringCbVPrintfA(CHAR *pszDest, size_t cbDest, const CHAR *pszFormat, va_list argList);
SIGNALBOX_API HRESULT WINAPI StringCbVPrintfW(WCHAR *pszDest, size_t cbDest, const WCHAR *pszFormat, va_list argList);
SIGNALBOX_API HRESULT WINAPI StringCbLengthA(const CHAR *psz, size_t cbMax, size_t *pcbLength);
SIGNALBOX_API HRESULT WINAPI StringCbLengthW(const WCHAR *psz, size_t cbMax, size_t *pcbLength);

SIGNALBOX_END

#if defined(UNICODE)
#define StringCchCopy StringCchCopyW
#define StringCchCopyN StringCchCopyNW
#define StringCchCat StringCchCatW
#define StringCchCatN StringCchCatNW
#define StringCchPrintf StringCchPrintfW
#define StringCchVPrintf StringCchVPrintfW
#define StringCchLength StringCchLengthW
#define StringCbCopy StringCbCopyW
#define StringCbCopyN StringCbCopyNW
#define StringCbCat StringCbCatW
#define StringCbCatN StringCbCatNW
#define StringCbPrintf StringCbPrintfW
#define StringCbVPrintf StringCbVPrintfW
#define StringCbLength StringCbLengthW
#else
#define StringCchCopy StringCchCopyA
#define StringCchCopyN StringCchCopyNA
#define StringCchCat StringCchCatA
#define StringCchCatN StringCchCatNA
#define StringCchPrintf StringCchPrintfA
#define StringCchVPrintf StringCchVPrintfA
#define StringCchLength StringCchLengthA
#define StringCbCopy StringCbCopyA
#define StringCbCopyN StringCbCopyNA
#define StringCbCat StringCbCatA
#define StringCbCatN StringCbCatNA
#define StringCbPrintf StringCbPrintfA
#define StringCbVPrintf StringCbVPrintfA
#define StringCbLength StringCbLengthA
#endif

#endif
