// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.security.Logins;
import dev.tarn.api.security.Users;
import dev.tarn.transport.HttpProtocol;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@link LoginPages} for the administration's listener. Safe on any thread. */
@Component(
        service = HttpProtocol.class,
        property = {"tarn.door=admin", "service.ranking:Integer=1000"})
public final class AdminLoginProtocol extends LoginPages {

    @Activate
    public AdminLoginProtocol(@Reference Bodies bodies, @Reference Users users, @Reference Logins logins) {
        super(bodies, users, logins);
    }
}
