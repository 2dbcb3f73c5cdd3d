// SPDX-License-Identifier: Apache-2.0
package dev.tarn.security;

/**
 * What it costs to guess at what is kept of a new password.
 *
 * @param memory of Argon2id, in KiB
 * @param passes of Argon2id over that memory
 * @param scram rounds of the SCRAM verifier; 0 for none of them
 */
record Cost(int memory, int passes, int scram) {
    Cost {
        between("argon2.memory", memory, 1_024, 4_194_304);
        between("argon2.passes", passes, 1, 100);
        if (scram != 0) {
            between("scram.rounds", scram, ScramVerifier.LEAST_ROUNDS, ScramVerifier.MOST_ROUNDS);
        }
    }

    private static void between(String key, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(key + " must be between " + least + " and " + most + ", not " + value);
        }
    }
}
