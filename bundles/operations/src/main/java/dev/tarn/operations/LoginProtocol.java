// SPDX-License-Identifier: Apache-2.0
package dev.tarn.operations;

import dev.tarn.api.codec.Bodies;
import dev.tarn.api.security.Logins;
import dev.tarn.api.security.Users;
import dev.tarn.transport.HttpProtocol;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@link LoginPages} for whoever uses rows and messages. Safe on any thread. */
@Component(service = HttpProtocol.class, property = "service.ranking:Integer=1000")
public final class LoginProtocol extends LoginPages {

    @Activate
    public LoginProtocol(@Reference Bodies bodies, @Reference Users users, @Reference Logins logins) {
        super(bodies, users, logins);
    }
}
