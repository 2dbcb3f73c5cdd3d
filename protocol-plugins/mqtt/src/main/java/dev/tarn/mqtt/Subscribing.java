// SPDX-License-Identifier: Apache-2.0
package dev.tarn.mqtt;

import dev.tarn.api.data.Failure;
import dev.tarn.api.resource.Interest;
import dev.tarn.api.resource.Mailbox;
import dev.tarn.api.resource.Start;
import dev.tarn.api.resource.Subscription;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A client's subscriptions. For the connection's loop. */
final class Subscribing {

    private final Line line;
    private final Mailbox mailbox;
    private final Clock clock;
    private final int most;
    private final Map<String, Subscription> subscriptions = new HashMap<>();

    Subscribing(Line line, Mailbox mailbox, Limits limits, Clock clock) {
        this.line = line;
        this.mailbox = mailbox;
        this.clock = clock;
        this.most = limits.subscriptions();
    }

    /** One answer for each filter [MQTT-3.8.4-5]; rows and changes come after it, since the mailbox tells them later. */
    void subscribe(Packet.Subscribe subscribe) {
        int identifier = (int) subscribe.properties().number(PropertyType.SUBSCRIPTION_ID, 0);
        List<Reason> reasons = new ArrayList<>(subscribe.wishes().size());
        for (Packet.Wish wish : subscribe.wishes()) {
            reasons.add(subscribe(wish, identifier));
        }
        line.writer().suback(line.outbox().open(), subscribe.packetId(), reasons);
    }

    private Reason subscribe(Packet.Wish wish, int identifier) {
        Packet.Options options = wish.options();
        Wanted wanted = new Wanted(wish.spelling(), options, identifier, now());
        Interest interest = new Interest(options.qos(), options.noLocal(), wish.group());
        Subscription known = subscriptions.get(wish.spelling());
        try {
            if (known != null) {
                // [MQTT-3.8.4-3], [MQTT-3.8.4-4]
                known.renew(start(wish, false), interest, wanted);
            } else if (subscriptions.size() >= most) {
                return Reason.QUOTA_EXCEEDED;
            } else {
                subscriptions.put(
                        wish.spelling(), mailbox.subscribe(wish.filter(), start(wish, true), interest, wanted));
            }
        } catch (Failure failure) {
            return wish.group() != null && failure.code() == Failure.Code.UNSUPPORTED
                    ? Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
                    : Failures.subscribed(failure.code());
        }
        return switch (options.qos()) {
            case 0 -> Reason.SUCCESS;
            case 1 -> Reason.GRANTED_QOS_1;
            default -> Reason.GRANTED_QOS_2;
        };
    }

    private long now() {
        Instant now = clock.instant();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    /** Current rows as retain handling says [MQTT-3.3.1-9] to [MQTT-3.3.1-11]; never for a shared subscription. */
    private static Start start(Packet.Wish wish, boolean fresh) {
        int handling = wish.options().retainHandling();
        boolean rows = wish.group() == null && (handling == 0 || (handling == 1 && fresh));
        return rows ? Start.CURRENT : Start.LIVE;
    }

    /** One answer for each filter [MQTT-3.11.3-1]. */
    void unsubscribe(Packet.Unsubscribe unsubscribe) {
        List<Reason> reasons = new ArrayList<>(unsubscribe.spellings().size());
        for (String spelling : unsubscribe.spellings()) {
            Subscription known = subscriptions.remove(spelling);
            if (known != null) {
                known.cancel();
            }
            reasons.add(known == null ? Reason.NO_SUBSCRIPTION_EXISTED : Reason.SUCCESS);
        }
        line.writer().unsuback(line.outbox().open(), unsubscribe.packetId(), reasons);
    }

    int count() {
        return subscriptions.size();
    }
}
