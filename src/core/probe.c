// SPDX-License-Identifier: MIT
#include "core/probe.h"
#include "base/text.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
static int fparse(struct probe *p, const char *rest, struct fault *f)
{
	(void)f;
	p->state = (void *)rest;
	return 0;
}
static int flook(struct probe *p, const struct probe_view *v, struct fault *f)
{
	(void)v;
	(void)f;
	if (access(p->state, F_OK) == 0)
		return 1;
	text_copy(p->reason, sizeof p->reason, "no such file");
	return 0;
}
static int lline(struct probe *p, const char *l, size_t n)
{
	(void)n;
	return strstr(l, p->state) != NULL;
}
const struct probe_ops probe_file = { .kind = "file",
				      .parse = fparse,
				      .look = flook };
const struct probe_ops probe_log = { .kind = "log",
				     .parse = fparse,
				     .line = lline };
int probe_parse(struct probe *r, const char *t, struct fault *f)
{
	*r = (struct probe){ .text = t };
	const char *c = strchr(t, ':');
	if (!strncmp(t, "file:", 5))
		r->ops = &probe_file;
	else if (!strncmp(t, "log:", 4))
		r->ops = &probe_log;
	else
		return fault_set(f, -EINVAL, "unknown probe '%s'", t);
	return r->ops->parse(r, c + 1, f);
}
void probe_close(struct probe *p)
{
	(void)p;
}
