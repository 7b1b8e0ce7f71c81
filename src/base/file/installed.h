/* SPDX-License-Identifier: MIT */
/*
 * The other parts of our installation.
 *
 * Invariant: a part is first looked for from the file that runs, so that an
 * installation may be moved or copied as a whole; then where the build has
 * installed it.
 */
#ifndef JIG_BASE_FILE_INSTALLED_H
#define JIG_BASE_FILE_INSTALLED_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Write the path that @way is from the folder of @file. An absolute @way is
 * itself the path.
 *
 * @return  false: it is too long.
 */
bool installed_path(const char *file, const char *way, char *path, size_t size);

/**
 * The `jig` that was installed with libjig: from the folder of the shared
 * library; not from that of a program into which libjig.a was linked. Needs
 * /proc only where the dynamic linker has loaded the library by a relative
 * path.
 *
 * @path    PATH_MAX bytes.
 * @return  true: @path is executable. Always false in our programs.
 */
bool installed_program(char *path, size_t size);

#endif
