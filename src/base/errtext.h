/*
 * An errno as people look it up: its text and its name.
 */
#ifndef BASE_ERRTEXT_H
#define BASE_ERRTEXT_H

#define ERRTEXT_MAX 64

/* "Stale file handle (ESTALE)"; of one without a name here "(error 95)". Returns out. */
const char *errtext(int err, char out[ERRTEXT_MAX]);

#endif
