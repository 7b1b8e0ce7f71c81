// SPDX-License-Identifier: MIT
#include "base/file/installed.h"

#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool installed_path(const char *file, const char *way, char *path, size_t size)
{
	const char *slash = way[0] == '/' ? NULL : strrchr(file, '/');
	int length = snprintf(path, size, "%.*s%s",
			      slash ? (int)(slash - file + 1) : 0, file, way);

	return length >= 0 && (size_t)length < size;
}

#ifdef JIG_PROGRAM_PATH

#define LIBRARY "libjig.so"

struct search {
	uintptr_t address; /* in the object that is searched for */
	char *path;
	size_t size;
};

static bool is_in(const struct dl_phdr_info *info, uintptr_t address)
{
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];

		if (header->p_type == PT_LOAD &&
		    address - info->dlpi_addr - header->p_vaddr <
			    header->p_memsz)
			return true;
	}
	return false;
}

/* Of dl_iterate_phdr(3), which unlike dladdr(3) is in every libc itself. */
static int take_object(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *search = data;

	(void)size;
	if (!is_in(info, search->address))
		return 0;
	(void)snprintf(search->path, search->size, "%s", info->dlpi_name);
	return 1;
}

/* One line of /proc/self/maps: "begin-end … /path". */
static bool take_line(const struct search *search, char *line)
{
	char *rest;
	uintptr_t begin = strtoul(line, &rest, 16);
	uintptr_t end = *rest == '-' ? strtoul(rest + 1, &rest, 16) : 0;
	const char *path = strchr(rest, '/');

	if (search->address < begin || search->address >= end || !path)
		return false;
	(void)snprintf(search->path, search->size, "%.*s",
		       (int)strcspn(path, "\n"), path);
	return true;
}

/* What the host has loaded by a relative path: its working directory may have
 * been another one then. */
static void find_mapped(const struct search *search)
{
	char line[PATH_MAX + 128];
	FILE *maps = fopen("/proc/self/maps", "re");

	search->path[0] = '\0';
	while (maps && fgets(line, sizeof(line), maps))
		if (take_line(search, line))
			break;
	if (maps)
		(void)fclose(maps);
}

/* A program that has linked libjig.a has another name, and so does a library;
 * jig is not beside them. */
static bool is_library(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && strncmp(slash + 1, LIBRARY, strlen(LIBRARY)) == 0;
}

static bool is_beside(const char *library, char *path, size_t size)
{
	return installed_path(library, JIG_PROGRAM_WAY, path, size) &&
	       access(path, X_OK) == 0;
}

bool installed_program(char *path, size_t size)
{
	char library[PATH_MAX], real[PATH_MAX];
	const struct search search = { (uintptr_t)installed_path, library,
				       sizeof(library) };

	library[0] = '\0';
	(void)dl_iterate_phdr(take_object, (void *)&search);
	if (is_library(library)) {
		if (library[0] != '/')
			find_mapped(&search);
		/* Also where the library is a link to one elsewhere. */
		if (is_beside(library, path, size) ||
		    (realpath(library, real) && is_beside(real, path, size)))
			return true;
	}
	if (sizeof(JIG_PROGRAM_PATH) > size)
		return false;
	memcpy(path, JIG_PROGRAM_PATH, sizeof(JIG_PROGRAM_PATH));
	return access(path, X_OK) == 0;
}

#else

bool installed_program(char *path, size_t size)
{
	(void)path, (void)size;
	return false;
}

#endif
