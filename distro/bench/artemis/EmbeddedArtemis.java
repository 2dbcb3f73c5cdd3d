// SPDX-License-Identifier: Apache-2.0

import java.io.File;
import java.util.List;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;

/**
 * Artemis and nothing else, with its own defaults but for logins: what Tarn's AMQP is measured against. Given a port and a
 * directory; says when it is ready and runs until it is ended.
 */
public final class EmbeddedArtemis {

    private EmbeddedArtemis() {}

    public static void main(String... arguments) throws Exception {
        File directory = new File(arguments[1]);
        Configuration configuration = new ConfigurationImpl();
        configuration.setSecurityEnabled(false);
        configuration.setPersistenceEnabled(true);
        configuration.setJournalDirectory(new File(directory, "journal").getPath());
        configuration.setBindingsDirectory(new File(directory, "bindings").getPath());
        configuration.setLargeMessagesDirectory(new File(directory, "large").getPath());
        configuration.setPagingDirectory(new File(directory, "paging").getPath());
        configuration.addAcceptorConfiguration(
                "amqp", "tcp://127.0.0.1:" + arguments[0] + "?protocols=AMQP");
        EmbeddedActiveMQ server = new EmbeddedActiveMQ();
        server.setConfiguration(configuration);
        server.start();
        System.out.println("ready, journal " + server.getActiveMQServer().getConfiguration().getJournalType() + ", protocols "
                + List.copyOf(server.getActiveMQServer().getRemotingService().getProtocolFactoryMap().keySet()));
        Thread.currentThread().join();
    }
}
