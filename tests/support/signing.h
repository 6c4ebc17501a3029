/*
 * signing.h - key files for tests, made of seeds.
 */
#ifndef TESTS_SIGNING_H
#define TESTS_SIGNING_H

/* Write the PEM file of the Ed25519 key whose private bytes are these
 * (RFC 8032), readable by its owner alone; and one with its public part behind
 * what the file holds already. */
void write_private_key(const char *path, const unsigned char seed[32]);
void add_public_key(const char *path, const unsigned char seed[32]);

#endif
