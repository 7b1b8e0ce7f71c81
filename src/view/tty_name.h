/* SPDX-License-Identifier: MIT */
/*
 * Names of terminals by their device numbers, as /proc/PID/stat has them.
 *
 * The same names as ps(1) has: below /dev, without it: pts/3, tty1, ttyS0.
 */
#ifndef JIG_VIEW_TTY_NAME_H
#define JIG_VIEW_TTY_NAME_H

#include <stddef.h>

#define TTY_NAME_SIZE 40

/**
 * Write the name of a device. Pure.
 *
 * @drivers  the text of /proc/tty/drivers ("" without it): for whom it has no
 *           rule of its own.
 * @tty      device number; 0 is no terminal.
 * @return   0; -ENOENT when there is none, or no driver's, *ret is "?" then.
 */
int tty_name(const char *drivers, int tty, char ret[TTY_NAME_SIZE]);

/**
 * The device number of "pts/3", "tty1", "S0", "1" (tty1) or "/dev/pts/3"; 0 for
 * "?", who has no terminal. Asks the file system.
 *
 * @return  0; -ENOENT no such device; -ENOTTY it is no character device.
 */
int tty_find(const char *name, int *ret);

#endif
