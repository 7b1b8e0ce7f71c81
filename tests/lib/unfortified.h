/* SPDX-License-Identifier: MIT */
/*
 * Included before each test: fortified calls (__read_chk() and others) are not
 * wrapped, see interrupted.c. Not -U: meson moves it before a distribution's
 * -D.
 */
#undef _FORTIFY_SOURCE
