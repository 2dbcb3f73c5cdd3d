// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.data;

import java.util.List;

/**
 * An expected refusal: a code that each protocol translates through one table of its own, and a message that says what
 * to do about it. Carries no stack trace, since it is an answer and not a bug.
 */
public final class Failure extends RuntimeException {

    /** Why something was refused. Switches over it have no default, so that a new code must be answered everywhere. */
    public enum Code {
        /** The request cannot be read: bad syntax, illegal path, undecodable body. */
        MALFORMED,
        /** The request can be read, but breaks the schema; see {@link Failure#violations()}. */
        INVALID,
        /** No or wrong credentials. */
        UNAUTHENTICATED,
        /** Known user, not allowed. */
        FORBIDDEN,
        /** No such row or resource. */
        NOT_FOUND,
        /** A row that should be new exists already, or a transaction lost to another one too often. */
        CONFLICT,
        /** A condition of the caller does not hold. */
        PRECONDITION,
        /** This resource or this version does not do that. */
        UNSUPPORTED,
        /** Larger or longer than a configured limit. */
        TOO_LARGE,
        /** Too much at once; try again later. */
        BUSY,
        /** The part that would answer is stopped, stopping, or cannot write. */
        UNAVAILABLE,
        /** No space left, or a quota is used up. */
        FULL
    }

    private static final long serialVersionUID = 1L;

    private final Code code;

    private final transient List<String> violations;

    public Failure(Code code, String message) {
        this(code, message, List.of());
    }

    /**
     * A refusal with every rule that was broken.
     *
     * @param violations every rule that the body breaks, each as {@code attribute: what is wrong}
     */
    public Failure(Code code, String message, List<String> violations) {
        super(message, null, false, false);
        this.code = code;
        this.violations = List.copyOf(violations);
    }

    public Code code() {
        return code;
    }

    /** What is wrong, one entry a rule; empty but for {@link Code#INVALID}. */
    public List<String> violations() {
        return violations;
    }

    /** The message, never null. */
    public String reason() {
        String message = getMessage();
        return message == null ? code.name() : message;
    }
}
