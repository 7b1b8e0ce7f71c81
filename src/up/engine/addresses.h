/* SPDX-License-Identifier: MIT */
/*
 * The addresses of instances: PORT, and the names of `ports` and `listen`.
 *
 * Invariant: only names whose address is known are listed; those of `ports` and
 * `listen` are known as long as the instance has a fixture.
 *
 * What does not belong here: how a port is chosen (up/project/formation.h, and
 * the guard).
 */
#ifndef JIG_UP_ENGINE_ADDRESSES_H
#define JIG_UP_ENGINE_ADDRESSES_H

#include "up/engine/up.h"

#define ADDRESS_NAME_SIZE 64

/**
 * List the names of an instance's `ports`, then those of its `listen`.
 * @index  from 0 on.
 * @ret    the name, without "=8080" behind it.
 * @return whether there is one.
 */
bool address_name(const struct instance *instance, size_t index,
		  char ret[ADDRESS_NAME_SIZE]);

/** Its port: PORT, else that of its first name; 0: none that is known. */
int address_port(const struct instance *instance);

/**
 * Add all addresses, for `jig up -- command`: NAME_PORT and NAME_ADDR of
 * `ports` and `listen`, and of each service that has PORT; also those of
 * variables_add_ports(). A variable of @env or of our environment is not
 * replaced by that of a service.
 */
int address_add_all(const struct up *up, struct list *env, struct list *texts);

/**
 * The names of the services that an instance depends on, as this side reaches
 * them; without those that are its own. Of two instances the first one's count.
 * @ret    of struct name; list_free() it.
 * @return 0 or -ENOMEM.
 */
int address_depends(const struct instance *instance, struct list *ret);

/** Their variables. One that is set already is not replaced. */
int address_add_depends(const struct list *names, struct list *env,
			struct list *texts);

#endif
