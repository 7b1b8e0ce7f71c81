// SPDX-License-Identifier: MIT
#include "cage/cage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "cage/brand.h"
#include "cage/cgroup.h"
#include "cage/registry.h"
#include "proc/procfs.h"

static const struct cage_ops *const kinds[] = {
	[JIG_CAGE_CGROUP] = &cage_cgroup,
	[JIG_CAGE_PIDNS] = &cage_pidns,
	[JIG_CAGE_SUBREAPER] = &cage_subreaper,
	[JIG_CAGE_PGROUP] = &cage_pgroup,
};

static const char *const names[] = {
	[JIG_CAGE_AUTO] = "auto",     [JIG_CAGE_CGROUP] = "cgroup",
	[JIG_CAGE_PIDNS] = "pidns",   [JIG_CAGE_SUBREAPER] = "subreaper",
	[JIG_CAGE_PGROUP] = "pgroup",
};

const struct words cage_words = WORDS_OF(names);

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

const struct cage_ops *cage_ops_of(enum jig_cage kind)
{
	return (size_t)kind < KIND_COUNT ? kinds[kind] : NULL;
}

const char *cage_kind_name(enum jig_cage kind)
{
	const char *name = words_name(&cage_words, kind);

	return name ? name : names[JIG_CAGE_AUTO];
}

const char *cage_strength_name(enum cage_strength strength)
{
	switch (strength) {
	case CAGE_KERNEL:
		return "kernel";
	case CAGE_CONTAINED:
		return "contained";
	default:
		return "may-escape";
	}
}

/* Keep what every kind needs, give back what the failed one took. */
static void start_over(struct cage *cage)
{
	struct cage fresh = CAGE_NONE;

	fresh.procfd = cage->procfd;
	fresh.namespace = cage->namespace;
	fresh.reaper = cage->reaper;
	fresh.session = cage->session;
	fresh.opened_us = cage->opened_us;
	fresh.automatic = cage->automatic;
	fresh.limits = cage->limits;
	cage->procfd = -1;
	cage_close(cage);
	*cage = fresh;
}

static int open_kind(struct cage *cage, enum jig_cage kind, struct fault *fault)
{
	cage->ops = kinds[kind];

	int r = cage->ops->open(cage, fault);

	if (r < 0 && cage->dir >= 0)
		cage->ops->remove(cage);
	return r;
}

static int open_automatic(struct cage *cage, struct fault *fault)
{
	struct fault reason = { "" };
	bool limited = cage_is_limited(&cage->limits);

	cage->automatic = !limited;
	if (open_kind(cage, JIG_CAGE_CGROUP, &reason) == 0) {
		(void)snprintf(cage->why, sizeof(cage->why), "%s",
			       cage->scoped
				       ? "systemd made a scope for its limits"
				       : "our own cgroup v2 subtree is "
					 "writable");
		return 0;
	}
	if (limited)
		return fault_set(fault, -ENOTSUP, "%s", reason.text);
	start_over(cage);
	(void)snprintf(cage->why, sizeof(cage->why), "%s", reason.text);
	return open_kind(cage, JIG_CAGE_SUBREAPER, fault);
}

static int open_named(struct cage *cage, enum jig_cage kind,
		      struct fault *fault)
{
	struct fault reason = { "" };
	int r;

	if (kind != JIG_CAGE_CGROUP && cage_is_limited(&cage->limits))
		return fault_set(fault, -ENOTSUP,
				 "limits on memory, pids and cpu need the "
				 "cgroup cage, not %s",
				 cage_kind_name(kind));
	r = open_kind(cage, kind, &reason);
	if (r < 0)
		return fault_set(fault, -ENOTSUP,
				 "the %s cage is not available: %s",
				 cage_kind_name(kind), reason.text);
	(void)snprintf(cage->why, sizeof(cage->why), "requested by name");
	return 0;
}

bool cage_is_limited(const struct cage_limits *limits)
{
	return limits->memory_bytes || limits->pids || limits->cpu_permille;
}

static void say_unregistered(struct cage *cage)
{
	size_t used = strlen(cage->why);

	if (cage->unregistered)
		(void)snprintf(cage->why + used, sizeof(cage->why) - used,
			       "; not registered: the runtime directory's file "
			       "system may not answer");
}

int cage_open(enum jig_cage kind, const struct cage_limits *limits,
	      struct cage *ret, struct fault *fault)
{
	struct cage cage = CAGE_NONE;
	int r;

	cage.procfd = procfs_open_in(&cage.namespace);
	/* The machine has /proc, so do not fall back to a weaker cage. */
	if (cage.procfd < 0 && cage.procfd != -ENOENT)
		return fault_set(fault, cage.procfd, "cannot open /proc: %s",
				 strerror(-cage.procfd));
	cage.reaper = getpid();
	cage.session = getsid(0);
	cage.limits = *limits;
	r = kind == JIG_CAGE_AUTO ? open_automatic(&cage, fault)
				  : open_named(&cage, kind, fault);
	if (r < 0) {
		cage_close(&cage);
		return r;
	}
	say_unregistered(&cage);
	*ret = cage;
	return 0;
}

int cage_confirm(const struct cage *cage, struct descent *descent,
		 const struct proc_stat *now)
{
	uint64_t brand;

	/* One look at the process itself is the whole proof, mostly: it bears
	 * the brand, which nothing outside of the cage inherits, or it is in
	 * our cgroup or pid namespace. In a fork bomb chains of parents change
	 * faster than they can be read. */
	if (cage->brand && brand_of(cage->procfd, now->pid, &brand) == 0 &&
	    brand == cage->brand)
		return 1;

	int held = cage->ops->holds ? cage->ops->holds(cage, now) : 0;

	if (held == 1 || !cage->ops->subreaper)
		return held;
	descent->root = cage->reaper;

	int r = descent_confirm(descent, now);

	return r == 0 && held < 0 ? held : r;
}

int cage_prepare(const struct cage *cage, struct spawn *spawn,
		 struct cage_spawn *storage)
{
	size_t room = sizeof(storage->limits) / sizeof(storage->limits[0]);

	if (cage->dir >= 0)
		spawn->cgroup = cage->dir;
	if (!cage->brand)
		return 0;
	if (spawn->limit_count + 1 > room)
		return -E2BIG;
	for (size_t i = 0; i < spawn->limit_count; i++)
		storage->limits[i] = spawn->limits[i];
	storage->limits[spawn->limit_count++] = brand_limit(cage->brand);
	spawn->limits = storage->limits;
	return 0;
}

/* Where no cgroup can be made, none can be cleared either. */
static bool may_have_cgroups(const struct cage *cage)
{
	return cage->ops->kind == JIG_CAGE_CGROUP ||
	       cage->ops->kind == JIG_CAGE_PIDNS;
}

bool cage_has_abandoned(const struct cage *cage)
{
	CLEANUP_CLOSE int opened = cage->registry < 0 ? registry_open() : -1;
	int registry = cage->registry < 0 ? opened : cage->registry;

	return registry_has_abandoned(cage->procfd, registry,
				      registry_own(cage), NULL) ||
	       (may_have_cgroups(cage) && cgroup_has_abandoned(cage));
}

void cage_clear_abandoned(const struct cage *cage)
{
	registry_clear_abandoned(cage);
	if (may_have_cgroups(cage))
		cgroup_clear_abandoned(cage);
}

void cage_descriptors(const struct cage *cage, struct fd_except *ret)
{
	fd_except_add(ret, cage->procfd);
	fd_except_add(ret, cage->parent);
	fd_except_add(ret, cage->dir);
	fd_except_add(ret, cage->registry);
	fd_except_add(ret, cage->lock);
}

void cage_close(struct cage *cage)
{
	cleanup_close(&cage->procfd);
	cleanup_close(&cage->outer_procfd);
	cleanup_close(&cage->dir);
	cleanup_close(&cage->parent);
	cleanup_close(&cage->registry);
	cleanup_close(&cage->lock);
}
