// SPDX-License-Identifier: MIT
#include "env/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

static void cleanup_file(FILE **file)
{
	if (*file)
		(void)fclose(*file); /* Opened for reading: an error loses
					nothing. */
}

#define CLEANUP_FILE CLEANUP(cleanup_file)

/* (uid_t)-1 means "unchanged" to the kernel, so it is not a user. */
static bool account_is_number(const char *text, uint32_t *ret)
{
	uint64_t number;

	if (text_number(text, UINT32_MAX - 1, &number) < 0)
		return false;
	*ret = (uint32_t)number;
	return true;
}

static bool find_user(const char *name, uint32_t uid, struct account *account)
{
	CLEANUP_FILE FILE *file = fopen("/etc/passwd", "re");
	struct passwd *entry;

	while (file && (entry = fgetpwent(file))) {
		if (name ? strcmp(entry->pw_name, name) != 0
			 : entry->pw_uid != uid)
			continue;
		account->uid = entry->pw_uid;
		account->gid = entry->pw_gid;
		return true;
	}
	return false;
}

static bool account_find_group(const char *name, gid_t *ret)
{
	CLEANUP_FILE FILE *file = fopen("/etc/group", "re");
	struct group *entry;

	while (file && (entry = fgetgrent(file))) {
		if (strcmp(entry->gr_name, name) != 0)
			continue;
		*ret = entry->gr_gid;
		return true;
	}
	return false;
}

static void find_groups_of(const char *name, struct account *account)
{
	CLEANUP_FILE FILE *file = fopen("/etc/group", "re");
	struct group *entry;

	account->groups[account->group_count++] = account->gid;
	while (file && (entry = fgetgrent(file))) {
		for (char **member = entry->gr_mem; *member; member++) {
			if (strcmp(*member, name) != 0 ||
			    entry->gr_gid == account->gid ||
			    account->group_count == ACCOUNT_GROUPS)
				continue;
			account->groups[account->group_count++] = entry->gr_gid;
		}
	}
}

int account_find(const char *text, struct account *ret, struct fault *fault)
{
	struct account account = { 0 };
	const char *colon = strchr(text, ':');
	char user[256];
	uint32_t number;

	if ((size_t)(colon ? colon - text : (ssize_t)strlen(text)) >=
	    sizeof(user))
		return fault_set(fault, -EINVAL, "this user name is too long");
	(void)snprintf(user, sizeof(user), "%.*s",
		       (int)(colon ? colon - text : (ssize_t)strlen(text)),
		       text);
	if (account_is_number(user, &number)) {
		account.uid = account.gid = number;
		(void)find_user(NULL, number, &account); /* For its gid. */
	} else if (*user && find_user(user, 0, &account)) {
		find_groups_of(user, &account);
	} else {
		return fault_set(fault, -ENOENT, "no user '%s' in /etc/passwd",
				 user);
	}
	if (colon && account_is_number(colon + 1, &number))
		account.gid = number;
	else if (colon && !account_find_group(colon + 1, &account.gid))
		return fault_set(fault, -ENOENT, "no group '%s' in /etc/group",
				 colon + 1);
	*ret = account;
	return 0;
}
