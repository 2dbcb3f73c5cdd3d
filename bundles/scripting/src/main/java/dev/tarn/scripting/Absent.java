// SPDX-License-Identifier: Apache-2.0
package dev.tarn.scripting;

import dev.tarn.api.data.Table;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;

/** Tables that scripts have asked for and that are not there: what is undefined may be one of them. Safe on any thread. */
final class Absent {

    /** So many are remembered. */
    private static final int MOST = 100;

    private record Name(String database, String table) {}

    private final List<Name> names = new CopyOnWriteArrayList<>();

    void note(String database, String table) {
        Name name = new Name(database, table);
        if (names.size() < MOST && !names.contains(name)) {
            names.add(name);
        }
    }

    /**
     * What is wrong, told as the table that is not there, where something is undefined.
     *
     * @param around the text where it is wrong
     */
    Flaw told(Flaw flaw, String around) {
        if (flaw.text().contains("undefined") || flaw.text().contains("not a constructor")) {
            for (Name name : names) {
                if (Pattern.compile("(?<![\\w$])" + Pattern.quote(name.table()) + "(?![\\w$])")
                        .matcher(around)
                        .find()) {
                    String database =
                            name.database().equals(Table.DATA) ? "" : " in database '" + name.database() + "'";
                    return new Flaw(
                            flaw.file(),
                            flaw.line(),
                            "there is no table '" + name.table() + "'" + database + " (" + flaw.text() + ")");
                }
            }
        }
        return flaw;
    }
}
