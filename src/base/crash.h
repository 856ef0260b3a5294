/*
 * A process that dies of a signal says so, and where, to who watches it.
 */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

/*
 * From now on SIGSEGV, SIGBUS, SIGABRT, SIGFPE and SIGILL write a struct crash_report to fd, by one
 * write(), and then end the process as they would have. The caller's callers are no part of it.
 * Call it in the process that is to be watched: one that is forked from it is not.
 */
void crash_catch(int fd);

#endif
