// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine.query;

import java.util.List;

/** The conditions of a query as they are written. */
sealed interface Where {

    /** All of them hold; true when there are none. */
    record And(List<Where> parts) implements Where {
        public And {
            parts = List.copyOf(parts);
        }
    }

    /** One of them holds. */
    record Or(List<Where> parts) implements Where {
        public Or {
            parts = List.copyOf(parts);
        }
    }

    /** A property compared with literals; only IN has several. */
    record Compare(String property, Operator operator, List<Literal> literals, int position) implements Where {
        public Compare {
            literals = List.copyOf(literals);
        }
    }
}
