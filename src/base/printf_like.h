/*
 * For functions that format as printf(3) does: the compiler checks the arguments.
 */
#ifndef BASE_PRINTF_LIKE_H
#define BASE_PRINTF_LIKE_H

/* Argument f is the format, from a on come its values; a is 0 for a va_list. Both count from 1. */
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

#endif
