// SPDX-License-Identifier: MIT
#include "core/probe/ownership.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "core/probe/connector.h"

#define INTERVAL_MIN_US 3000
#define INTERVAL_MAX_US 1000000
#define CPU_SHARE                                                              \
	115 /* the part (1/115) of a processor: below 1 % with the wake-up */
/* Cost of a look that we cannot measure: going to sleep and waking up. */
#define WAKE_US 20
/* Each WHOLE_EVERY-th look reads the whole table, to find other addresses. */
#define WHOLE_EVERY 32

struct ownership_look {
	const struct endpoint *endpoint;
	const struct probe_view *view;
	pid_t eyes; /* see ownership_eyes() */
	struct probe *probe;
	struct list members; /* of struct proc_stat */
	bool denied; /* some member's descriptors are hidden from us */
};

static void free_look(struct ownership_look *look)
{
	list_free(&look->members);
}

/* @return whether a member holds it. */
static bool ownership_is_ours(struct ownership_look *look,
			      const struct listener *listener)
{
	for (size_t i = 0; i < look->members.count; i++) {
		const struct proc_stat *stat =
			list_at(&look->members, i, sizeof(*stat));
		int r = listener_is_held(look->view->cage->procfd, stat->pid,
					 listener->inode);

		if (r == 1)
			return true;
		look->denied |= r == -EACCES || r == -EPERM;
	}
	return false;
}

static bool ownership_is_member(const struct ownership_look *look, pid_t pid)
{
	const struct proc_stat *stats = look->members.items;

	for (size_t i = 0; i < look->members.count; i++)
		if (stats[i].pid == pid)
			return true;
	return false;
}

/* The same address: a connection reaches one of the two by chance. */
static bool shares_address(const struct listener *a, const struct listener *b)
{
	return a->v6 == b->v6 && !memcmp(a->address, b->address, 16) &&
	       strcmp(a->path, b->path) == 0;
}

static void ownership_not_yet(struct ownership_look *look, const char *reason)
{
	text_copy(look->probe->reason, sizeof(look->probe->reason), reason);
}

/* It is not ours: name its process. @return -EADDRINUSE; 0: it is not known. */
static int name_foreigner(struct ownership_look *look,
			  const struct listener *listener, struct fault *fault)
{
	char comm[16], name[sizeof(comm)];
	pid_t pid = 0;
	int r = listener_find_holder(look->view->cage->procfd, listener->inode,
				     &pid, comm);

	if (r == 0) {
		/* We may hold what the command inherits, or be the host. And a
		 * process may have started after the listing. */
		if (pid == getpid() || ownership_is_member(look, pid))
			return 0;
		return fault_set(fault, -EADDRINUSE,
				 "%s: process %d (%s) listens there already, "
				 "and does not belong to this fixture",
				 look->probe->text, pid,
				 text_printable(comm, name, sizeof(name)));
	}
	if (look->denied || geteuid() == 0 || listener->uid == (uid_t)-1 ||
	    listener->uid == geteuid())
		return 0;
	return fault_set(fault, -EADDRINUSE,
			 "%s: a process of user %u, which we may not see, "
			 "listens there already",
			 look->probe->text, (unsigned)listener->uid);
}

/*
 * @return 1 ours, with *ret; 0 not known, or a suspect that the next look has
 * to confirm; -EADDRINUSE.
 */
static int ownership_judge(struct ownership_look *look,
			   struct ownership *ownership,
			   const struct list *listeners, struct listener *ret,
			   struct fault *fault)
{
	const struct listener *items = listeners->items, *ours = NULL;
	uint64_t suspect = ownership->suspect;

	ownership->suspect = 0;
	for (size_t i = 0; i < listeners->count && !ours; i++)
		if (ownership_is_ours(look, &items[i]))
			ours = &items[i];
	if (ours)
		ownership->ours = ours->inode;
	for (size_t i = 0; i < listeners->count; i++) {
		if (ours && (shares_address(ours, &items[i]) ||
			     ownership_is_ours(look, &items[i])))
			continue;
		if (name_foreigner(look, &items[i], fault) == 0)
			continue;
		if (items[i].inode == suspect)
			return -EADDRINUSE;
		ownership->suspect = items[i].inode;
		ownership_not_yet(look, "another process listens there");
		return 0;
	}
	if (!ours && look->denied)
		ours = &items[0];
	if (!ours) {
		ownership_not_yet(look,
				  "which process listens there is not known");
		return 0;
	}
	*ret = *ours;
	return 1;
}

/* Does not block on the file system: a child looks the path up. */
static void say_no_socket(struct ownership_look *look,
			  struct ownership *ownership)
{
	const char *path = look->endpoint->path;
	struct answer answer = { .error = 0 };
	int r = path[0] == '@' ? 1
			       : asking_ask(&ownership->asking, ASKING_STAT,
					    path, &answer);

	if (r > 0)
		ownership_not_yet(look, answer.error
						? "there is no such socket"
						: "no process listens on it");
	else if (r < 0 || asking_is_late(&ownership->asking))
		ownership_not_yet(look, r < 0 ? strerror(-r) : ASKING_SILENT);
}

/* Why there is no listener: a stale file, another address, or just not yet. */
static void say_nobody(struct ownership_look *look, struct ownership *ownership,
		       const struct list *all)
{
	const struct endpoint *endpoint = look->endpoint;
	char address[64], reason[PROBE_REASON];

	if (endpoint->kind == ENDPOINT_UNIX) {
		say_no_socket(look, ownership);
		return;
	}
	if (all->count == 0) {
		ownership_not_yet(look, "no process listens there");
		return;
	}
	(void)snprintf(reason, sizeof(reason),
		       "no process listens there, but one listens on %s",
		       endpoint_print(all->items, address, sizeof(address)));
	ownership_not_yet(look, reason);
}

static bool is_loopback(const struct endpoint *endpoint)
{
	static const uint8_t v4[4] = { 127, 0, 0, 1 }, v6[16] = { [15] = 1 };

	return endpoint->kind == ENDPOINT_LOCALHOST ||
	       (endpoint->kind == ENDPOINT_V4 &&
		memcmp(endpoint->address, v4, 4) == 0) ||
	       (endpoint->kind == ENDPOINT_V6 &&
		memcmp(endpoint->address, v6, 16) == 0);
}

/* Most attempts end here: no listener yet, and the reason is the same. */
static bool ownership_is_absent(const struct ownership_look *look,
				struct ownership *ownership)
{
	return ownership->looks++ % WHOLE_EVERY != 0 &&
	       is_loopback(look->endpoint) &&
	       listener_is_absent(look->view->cage->procfd, look->eyes,
				  look->endpoint->port);
}

/*
 * Listeners on :: for which the kernel does not show whether they take IPv4. If
 * one is ours, a connection shows it. A foreign server is never connected to.
 */
static int try_untold(struct ownership_look *look, const struct list *untold,
		      struct listener *ret)
{
	bool here =
		listener_shares_network(look->view->cage->procfd, look->eyes);

	for (size_t i = 0; i < untold->count; i++) {
		const struct listener *item = list_at(untold, i, sizeof(*item));

		if (!ownership_is_ours(look, item))
			continue;
		if (here && connector_try(look->endpoint)) {
			*ret = *item;
			return 1;
		}
		ownership_not_yet(
			look,
			here ? "it listens on ::, for IPv6 alone"
			     : "it listens on ::, and the kernel does not "
			       "show whether for IPv4, too");
	}
	return 0;
}

static int sort_out(const struct ownership_look *look, const struct list *all,
		    struct list *matching, struct list *untold)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < all->count; i++) {
		const struct listener *item = list_at(all, i, sizeof(*item));
		int does = endpoint_matches(look->endpoint, item);

		if (does != 0)
			r = list_append(does > 0 ? matching : untold, item,
					sizeof(*item));
	}
	return r;
}

static int look_once(struct ownership_look *look, struct ownership *ownership,
		     struct listener *ret, struct fault *fault)
{
	CLEANUP(list_free)
	struct list all = { 0 }, matching = { 0 }, untold = { 0 };
	int r;

	int same =
		listener_compare_networks(look->view->cage->procfd, look->eyes);

	if (same >= 0) /* A zombie has none: keep the earlier result. */
		ownership->elsewhere = same == 0;

	if (ownership_is_absent(look, ownership)) {
		ownership->suspect = 0;
		return 0;
	}
	r = endpoint_find(look->endpoint, look->view->cage->procfd, look->eyes,
			  &all);
	if (r == 0)
		r = sort_out(look, &all, &matching, &untold);
	if (r == 0 && matching.count == 0) {
		ownership->suspect = 0;
		say_nobody(look, ownership, &all);
		if (untold.count == 0)
			return 0;
	}
	if (r == 0)
		r = ownership_members(look->view, &look->members);
	/* Main may just have ended. The caller will notice it. */
	if (r == -ESRCH || r == -ENOENT || r == -EINVAL) {
		ownership_not_yet(look, "the command has ended");
		return 0;
	}
	if (r == 0 && matching.count == 0)
		return try_untold(look, &untold, ret);
	return r < 0 ? r
		     : ownership_judge(look, ownership, &matching, ret, fault);
}

static const struct listener *find_foreign(struct ownership_look *look,
					   uint64_t ours, uint64_t suspect,
					   const struct list *all,
					   struct fault *fault)
{
	const struct listener *items = all->items;

	for (size_t i = 0; i < all->count; i++)
		if (items[i].inode != ours &&
		    (suspect == 0 || items[i].inode == suspect) &&
		    !ownership_is_ours(look, &items[i]) &&
		    name_foreigner(look, &items[i], fault) < 0)
			return &items[i];
	return NULL;
}

/* @suspect  the inode that must be found again, 0: any. @return it, or 0. */
static uint64_t ownership_look_back(const struct ownership *ownership,
				    const struct endpoint *endpoint,
				    const struct probe_view *view,
				    const char *text, uint64_t suspect,
				    struct fault *fault)
{
	struct probe nameless = { .text = text };
	CLEANUP(free_look)
	struct ownership_look look = {
		.endpoint = endpoint,
		.view = view,
		.eyes = getpid(), /* The fixture may be gone already. */
		.probe = &nameless,
	};
	CLEANUP(list_free)
	struct list all = { 0 }, matching = { 0 }, untold = { 0 };
	const struct listener *found;

	if (endpoint_find(endpoint, view->cage->procfd, look.eyes, &all) < 0 ||
	    all.count == 0 || sort_out(&look, &all, &matching, &untold) < 0)
		return 0;

	int r = ownership_members(view, &look.members);

	/* The supervisor has ended, and all of its cage before it. */
	if (r < 0 && r != -ESRCH && r != -ENOENT && r != -EINVAL)
		return 0;
	found = find_foreign(&look, ownership->ours, suspect, &matching, fault);
	if (!found)
		found = find_foreign(&look, ownership->ours, suspect, &all,
				     fault);
	return found ? found->inode : 0;
}

int ownership_occupied(const struct ownership *ownership,
		       const struct endpoint *endpoint,
		       const struct probe_view *view, const char *text,
		       bool any, struct fault *fault)
{
	struct fault found = { "" };
	uint64_t suspect;

	if (ownership->elsewhere || endpoint_is_remote(endpoint))
		return 0;
	if (any) /* It stands behind the probe's own text and reason. */
		text = "its place is taken";
	/* As while it ran: two attempts must agree. */
	suspect =
		ownership_look_back(ownership, endpoint, view, text, 0, &found);
	if (suspect == 0 || ownership_look_back(ownership, endpoint, view, text,
						suspect, &found) == 0)
		return 0;
	*fault = found;
	return any ? 1 : -EADDRINUSE;
}

static int64_t cpu_us(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* It exists. */
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int ownership_look(struct ownership *ownership, const struct endpoint *endpoint,
		   const struct probe_view *view, struct probe *probe,
		   struct listener *ret, struct fault *fault)
{
	CLEANUP(free_look)
	struct ownership_look look = {
		.endpoint = endpoint,
		.view = view,
		.eyes = ownership_eyes(view),
		.probe = probe,
	};
	struct listener found = { 0 };
	int64_t begin = cpu_us();
	int r = look_once(&look, ownership, &found, fault);

	ownership->cost_us = cpu_us() - begin + WAKE_US;
	if (r == 1 && ret)
		*ret = found;
	if (r < 0 && r != -EADDRINUSE)
		return fault_set(
			fault, r,
			"%s: cannot find out which process listens: %s",
			probe->text, strerror(-r));
	return r;
}

int64_t ownership_interval_us(const struct ownership *ownership)
{
	int64_t us = ownership->cost_us * CPU_SHARE;

	return us < INTERVAL_MIN_US   ? INTERVAL_MIN_US
	       : us > INTERVAL_MAX_US ? INTERVAL_MAX_US
				      : us;
}

void ownership_free(struct ownership *ownership)
{
	asking_close(&ownership->asking);
}
