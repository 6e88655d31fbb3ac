/* SPDX-License-Identifier: MIT */

/*
 * gss-ntlmssp 1.2.0 loses the six kilobytes in which it has loaded MD4, once for each password that it hashes. For
 * AddressSanitizer that is a leak of libcrypto's, unless it is told to look at whole stacks.
 */

#define SHOWN __attribute__((visibility("default")))

SHOWN const char *__asan_default_options(void);
SHOWN const char *__lsan_default_suppressions(void);

const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0";
}

const char *__lsan_default_suppressions(void)
{
    return "leak:gssntlmssp.so\n";
}
