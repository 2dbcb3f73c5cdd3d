// SPDX-License-Identifier: Apache-2.0
package dev.tarn.engine;

import dev.tarn.api.application.Rows;
import dev.tarn.api.data.Attributes;
import dev.tarn.api.data.Body;
import dev.tarn.api.data.Path;
import dev.tarn.api.data.Row;
import dev.tarn.api.data.Table;
import dev.tarn.api.resource.Found;
import dev.tarn.api.resource.Terms;
import dev.tarn.api.security.Access;
import java.util.Iterator;
import java.util.Optional;

/** A table inside an {@link Attempt}, with somebody's rights. For the attempt's thread. */
final class AttemptRows implements Rows {

    private final Attempt attempt;
    private final CallContext context;
    private final Exported exported;

    /** What the caller expects holds for the one row that he named. */
    private final Terms terms;

    AttemptRows(Attempt attempt, CallContext context, Exported exported, Terms terms) {
        this.attempt = attempt;
        this.context = context;
        this.exported = exported;
        this.terms = terms;
    }

    @Override
    public Table table() {
        return exported.table();
    }

    private Terms terms(Path path, Attributes attributes) {
        Attributes meant = attributes.equals(Attributes.NONE) ? terms.attributes() : attributes;
        Terms here = Terms.of(meant);
        return path.equals(attempt.path()) ? here.expecting(terms.expectation()) : here;
    }

    @Override
    public Optional<Row> get(String id) {
        Path path = exported.row(id);
        attempt.parts().commons().permissions().check(context, Access.Verb.READ, exported, path);
        return Optional.ofNullable(attempt.seen(context, exported, path));
    }

    @Override
    public Found search(String query) {
        return search("", query);
    }

    Found search(String prefix, String query) {
        attempt.checkOpen();
        return Attempt.await(attempt.parts().reads().search(context, attempt.exports(), exported, prefix, query));
    }

    @Override
    public Iterator<Row> find(String query) {
        RowIterator rows = new RowIterator();
        attempt.closing(rows);
        search(query).rows().subscribe(rows);
        return rows;
    }

    @Override
    public void put(String id, Body body, Attributes attributes) {
        Path path = exported.row(id);
        attempt.put(context, exported, path, body, terms(path, attributes));
    }

    @Override
    public void patch(String id, Body body) {
        Path path = exported.row(id);
        attempt.patch(context, exported, path, body, terms(path, Attributes.NONE));
    }

    @Override
    public boolean delete(String id) {
        Path path = exported.row(id);
        return attempt.delete(context, exported, path, terms(path, Attributes.NONE));
    }

    @Override
    public String create(Body body) {
        Path path = attempt.absent(exported, "", Writes.givenId(exported, body));
        attempt.parts().commons().permissions().check(context, Access.Verb.INSERT, exported, path);
        attempt.put(context, exported, path, body, Terms.of(terms.attributes()));
        if (exported.id(attempt.path()) == null) {
            attempt.created(path);
        }
        return String.valueOf(exported.id(path));
    }

    @Override
    public void publish(String id, Body body) {
        attempt.say(context, exported.row(id), body, terms.attributes());
    }
}
