// SPDX-License-Identifier: Apache-2.0
package dev.tarn.api.application;

import dev.tarn.api.data.Table;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/** Code of one version of an application, ready to serve. */
@ConsumerType
public interface Program extends AutoCloseable {

    /** Tables that the code declares, besides those that are declared in the folder already. */
    List<Table> tables();

    /** Its resources. */
    List<Mount> mounts();

    /** It serves from now on: what runs by itself begins. */
    default void started() {}

    /** It serves no more: what runs by itself ends, while calls that are under way end in their own time. */
    default void stopping() {}

    /** No call is under way any more, or it never served: everything that it holds goes. */
    @Override
    void close();
}
