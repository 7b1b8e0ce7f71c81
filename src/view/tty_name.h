/* SPDX-License-Identifier: MIT */
/*
 * Names of terminals from their device numbers in /proc/PID/stat.
 *
 * The names are those of ps(1), relative to /dev: pts/3, tty1, ttyS0.
 */
#ifndef JIG_VIEW_TTY_NAME_H
#define JIG_VIEW_TTY_NAME_H

#include <stddef.h>

#define TTY_NAME_SIZE 40

/**
 * Write the name of a device. Pure.
 *
 * @drivers  the text of /proc/tty/drivers (or ""), for devices other than pts,
 *           tty and ttyS.
 * @tty      device number; 0: no terminal.
 * @return   0; -ENOENT no terminal, or no driver: *ret is "?" then.
 */
int tty_name(const char *drivers, int tty, char ret[TTY_NAME_SIZE]);

/**
 * The device number of "pts/3", "tty1", "S0", "1" (tty1) or "/dev/pts/3"; 0 for
 * "?" (no terminal). Reads the file system.
 *
 * @return  0; -ENOENT no such device; -ENOTTY not a character device.
 */
int tty_find(const char *name, int *ret);

#endif
