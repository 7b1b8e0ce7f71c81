// SPDX-License-Identifier: MIT
#include "cage/brand.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/compat.h"
#include "base/fd.h"
#include "base/file/directory.h"
#include "base/retry.h"
#include "base/text.h"
#include "cage/sweep.h"
#include "proc/procfs.h"

#define LOWEST (1ULL << 40)
#define HIGHEST (1ULL << 62)

/* Limit up to which pids are checked one by one: an unused pid costs less than
 * the listing of a process. */
#define FEW 512

/* The kernel does not give out the first 300 pids again after a wrap-around
 * (RESERVED_PIDS). No machine gives out more than one pid in a microsecond. */
#define RESERVED 300

uint64_t brand_new(void)
{
	struct rlimit limit = { 0 };
	uint64_t random, top = HIGHEST;

	if (getrlimit(RLIMIT_RTTIME, &limit) < 0 ||
	    RETRY(getrandom(&random, sizeof(random), 0)) != sizeof(random))
		return 0;
	if (limit.rlim_cur < top)
		top = limit.rlim_cur;
	if (top <= LOWEST + 1)
		return 0;
	/* From the upper half, so that there is room for nested ones. */
	uint64_t low = LOWEST + (top - LOWEST) / 2;

	return low + random % (top - low);
}

struct spawn_limit brand_limit(uint64_t brand)
{
	return (struct spawn_limit){ RLIMIT_RTTIME, brand, brand };
}

uint64_t brand_parse(const char *limits)
{
	static const char label[] = "Max realtime timeout";
	const char *line = strstr(limits, label);

	if (!line)
		return 0;
	/* The hard limit stands behind the soft one, which a process may lower
	 * as it likes. "unlimited" is no number: strtoull then gives 0. */
	line += sizeof(label) - 1;
	line += strspn(line, " ");
	line += strcspn(line, " \n");
	line += strspn(line, " ");
	return strtoull(line, NULL, 10);
}

bool brand_is_valid(uint64_t brand)
{
	return brand > LOWEST && brand < HIGHEST;
}

static int read_limits(int procfd, pid_t pid, uint64_t *ret)
{
	char path[32], text[4096];
	ssize_t n;

	if (procfd < 0)
		return -ENOENT;
	(void)snprintf(path, sizeof(path), "%d/limits", pid);
	n = fd_read_file(procfd, path, text, sizeof(text));
	if (n <= 0)
		return n == 0 || n == -ENOENT ? -ESRCH : (int)n;
	*ret = brand_parse(text);
	return 0;
}

int brand_of(int procfd, pid_t pid, uint64_t *ret)
{
	struct rlimit limit;

	/* A tenth of the file's cost; refused for other users' processes. */
	if (prlimit(pid, RLIMIT_RTTIME, NULL, &limit) < 0)
		return errno == ESRCH ? -ESRCH : read_limits(procfd, pid, ret);
	*ret = limit.rlim_max == RLIM_INFINITY ? 0 : limit.rlim_max;
	return 0;
}

static int compare_brands(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void sort_brands(struct list *brands)
{
	if (brands->count > 0)
		qsort(brands->items, brands->count, sizeof(uint64_t),
		      compare_brands);
}

static void brand_take_out(struct list *brands, uint64_t brand)
{
	size_t kept = 0;

	for (size_t i = 0; i < brands->count; i++) {
		uint64_t one = *(uint64_t *)list_at(brands, i, sizeof(one));

		if (one != brand)
			memcpy(list_at(brands, kept++, sizeof(one)), &one,
			       sizeof(one));
	}
	brands->count = kept;
}

static void take_out_invalid(struct list *brands)
{
	size_t kept = 0;

	for (size_t i = 0; i < brands->count; i++) {
		uint64_t one = *(uint64_t *)list_at(brands, i, sizeof(one));

		if (brand_is_valid(one))
			memcpy(list_at(brands, kept++, sizeof(one)), &one,
			       sizeof(one));
	}
	brands->count = kept;
}

/* @return 0, also when it has ended or is hidden from us; -errno: not known. */
static int take_out_of(int procfd, pid_t pid, struct list *brands)
{
	uint64_t brand;
	int r = brand_of(procfd, pid, &brand);

	if (r == 0)
		brand_take_out(brands, brand);
	return stat_is_absent(r) ? 0 : r;
}

static int take_out_ancestors(int procfd, struct list *brands)
{
	struct proc_stat stat = { .ppid = getpid() };
	int r = 0;

	/* Bounded by time: each step up is an older process. */
	for (pid_t pid = getpid(); r == 0 && pid > 0 && brands->count > 0;
	     pid = stat.ppid) {
		r = take_out_of(procfd, pid, brands);
		if (r == 0)
			r = stat_read(procfd, pid, &stat);
	}
	return stat_is_absent(r) ? 0 : r;
}

void brand_refuse(int procfd, struct list *brands)
{
	int r;

	take_out_invalid(brands);
	r = take_out_of(procfd, 1, brands);
	if (r == 0)
		r = take_out_of(procfd, getsid(0), brands);
	if (r == 0)
		r = take_out_ancestors(procfd, brands);
	if (r < 0) /* The next jig clears them. */
		brands->count = 0;
}

struct branded {
	int procfd;
	const struct list *brands; /* sorted */
};

/* @return 1, 0 or -errno. */
static int is_branded(const struct branded *branded, pid_t pid)
{
	uint64_t brand;
	int r = brand_of(branded->procfd, pid, &brand);

	if (r < 0)
		return stat_is_absent(r) ? 0 : r;
	return brand > 0 && pid > 1 &&
	       bsearch(&brand, branded->brands->items, branded->brands->count,
		       sizeof(brand), compare_brands);
}

/* Most processes have none, so check this before anything is read. */
static int add_branded(const struct branded *branded, pid_t pid,
		       struct list *found)
{
	struct proc_stat stat;
	int r = is_branded(branded, pid);

	if (r != 1)
		return r;
	r = stat_read(branded->procfd, pid, &stat);
	if (r == 0 && !stat_is_dead(&stat))
		r = list_append(found, &stat, sizeof(stat));
	return r == -ESRCH ? 0 : r;
}

static int list_branded(void *context, struct list *ret)
{
	const struct branded *branded = context;
	struct list found = { 0 };
	struct dirent *entry;
	uint64_t pid;
	int r = 0;

	CLEANUP_DIR DIR *dir = directory_list(branded->procfd);
	if (!dir)
		return -errno;
	while (errno = 0, r == 0 && (entry = readdir(dir)))
		if (text_number(entry->d_name, INT32_MAX, &pid) == 0)
			r = add_branded(branded, (pid_t)pid, &found);
	if (r == 0)
		r = -errno; /* 0 at the end. */
	*ret = found;
	return r;
}

int brand_list(int procfd, uint64_t brand, struct list *ret)
{
	const struct list one = { .items = &brand, .count = 1 };
	struct branded branded = { procfd, &one };

	return list_branded(&branded, ret);
}

/* The values of /proc/loadavg. */
struct given {
	pid_t last; /* the one that was given out last; 0: unknown */
	int threads; /* of the whole machine */
};

static struct given read_given(int procfd)
{
	struct given given = { 0 };
	char text[128];

	if (fd_read_record(procfd, "loadavg", text, sizeof(text)) <= 0)
		return given;
	/* "0.00 0.00 0.00 1/123 456". Without sscanf(3), whose pages were not
	 * touched yet: each start comes here. */
	const char *threads = strchr(text, '/');
	const char *last = threads ? strchr(threads, ' ') : NULL;

	if (last) {
		given.threads = (int)strtol(threads + 1, NULL, 10);
		given.last = (pid_t)strtol(last, NULL, 10);
	}
	return given;
}

/* One more than the largest pid, see proc_sys_kernel(5); 0: unknown. That of
 * our pid namespace since Linux 6.14, and may be small. */
static int pid_max(int procfd)
{
	char text[32];

	if (fd_read_record(procfd, "sys/kernel/pid_max", text, sizeof(text)) <=
	    0)
		return 0;
	return (int)strtol(text, NULL, 10);
}

/* No more numbers than microseconds were given out. Any number that was given
 * out is below pid_max, which a short fixture need not read. */
static bool can_have_come_round(int procfd, pid_t last, int64_t age_us)
{
	return age_us >= last - RESERVED &&
	       age_us >= pid_max(procfd) - RESERVED;
}

/* Whether the numbers behind @first are all that its bearers can have, and are
 * fewer than there are processes to list. */
static bool brand_are_few(int procfd, pid_t first, int64_t age_us,
			  pid_t *ret_last)
{
	struct given given = read_given(procfd);
	int few = given.threads > FEW ? given.threads : FEW;

	*ret_last = given.last;
	return first > 0 && given.last >= first && given.last - first <= few &&
	       !can_have_come_round(procfd, given.last, age_us);
}

int brand_is_borne(int procfd, uint64_t brand, pid_t first, int64_t age_us)
{
	const struct list one = { .items = &brand, .count = 1 };
	const struct branded branded = { procfd, &one };
	CLEANUP(list_free) struct list found = { 0 };
	pid_t last;
	int r = 0;

	if (!brand_are_few(procfd, first, age_us, &last))
		r = brand_list(procfd, brand, &found);
	else
		for (pid_t pid = first + 1; r == 0 && pid <= last; pid++)
			r = add_branded(&branded, pid, &found);
	return found.count > 0 ? 1 : r;
}

static int brand_confirm(void *context, struct descent *descent,
			 const struct proc_stat *now)
{
	(void)descent;
	return is_branded(context, now->pid);
}

int brand_kill(int procfd, struct list *brands)
{
	struct branded branded = { procfd, brands };
	struct sweep sweep = { procfd, list_branded, &branded, brand_confirm };
	size_t killed = 1;
	int r = 0;

	if (brands->count == 0)
		return 0;
	sort_brands(brands);
	/* Bounded. Each round ends all that it has found. */
	for (int i = 0; i < 100 && r == 0 && killed > 0; i++)
		r = sweep_stop_and_kill(&sweep, &killed);
	return r;
}
