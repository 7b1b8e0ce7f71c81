// SPDX-License-Identifier: MIT
/*
 * Feeds the files of a corpus to a fuzz target: what libFuzzer's driver does,
 * for compilers without it. Usage: replay FILE-OR-DIRECTORY…
 */
#include <dirent.h>
#include <stdio.h>

#include "fuzz.h"

static int replay_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file) {
		perror(path);
		return 1;
	}
	size = fread(data, 1, sizeof(data), file);
	(void)fclose(file);
	return LLVMFuzzerTestOneInput(data, size);
}

static int replay_directory(const char *path, DIR *dir)
{
	struct dirent *entry;
	char name[4096];
	int failed = 0, count = 0;

	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "%s/%s", path,
			       entry->d_name);
		failed |= replay_file(name);
		count++;
	}
	(void)printf("%s: %d inputs\n", path, count);
	return failed || count == 0;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);

		failed |= dir ? replay_directory(argv[i], dir)
			      : replay_file(argv[i]);
		if (dir)
			(void)closedir(dir);
	}
	return failed;
}
