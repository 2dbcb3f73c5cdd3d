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

    private final int status;

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
        this(code, message, violations, 0);
    }

    private Failure(Code code, String message, List<String> violations, int status) {
        super(message, null, false, false);
        this.code = code;
        this.status = status;
        this.violations = List.copyOf(violations);
    }

    /**
     * A refusal that HTTP answers with this status, and other protocols with what they have for its kind.
     *
     * @param status 400 to 599
     */
    public static Failure of(int status, String reason) {
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("a refusal's status is 400 to 599, not " + status);
        }
        return new Failure(kind(status), reason, List.of(), status);
    }

    private static Code kind(int status) {
        return switch (status) {
            case 401 -> Code.UNAUTHENTICATED;
            case 402, 403, 451 -> Code.FORBIDDEN;
            case 404, 410 -> Code.NOT_FOUND;
            case 405, 406, 415, 501 -> Code.UNSUPPORTED;
            case 409 -> Code.CONFLICT;
            case 412, 428 -> Code.PRECONDITION;
            case 413, 414, 431 -> Code.TOO_LARGE;
            case 422 -> Code.INVALID;
            case 425, 429 -> Code.BUSY;
            case 507 -> Code.FULL;
            default -> status < 500 ? Code.MALFORMED : Code.UNAVAILABLE;
        };
    }

    /** The HTTP status that was asked for; 0 for that of the code. */
    public int status() {
        return status;
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
