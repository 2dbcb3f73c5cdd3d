// SPDX-License-Identifier: Apache-2.0
package dev.tarn.transport;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's event loops, shared by all listeners: epoll where its native code is there, else NIO. */
@Component(service = Loops.class, configurationPid = "dev.tarn.loops")
@Designate(ocd = Loops.Config.class)
public final class Loops implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Loops.class);
    private static final long STOP_SECONDS = 5;

    private final int mostConnections = OpenFiles.room();
    private final AtomicInteger connections = new AtomicInteger();
    private final EventLoopGroup group;
    private final Class<? extends ServerChannel> channelType;

    /** Settings. */
    @ObjectClassDefinition(name = "Event loops")
    public @interface Config {
        /** Threads. */
        @AttributeDefinition(description = "How many event loops; 0 for one a processor")
        int count() default 0;
    }

    @Activate
    public Loops(Config config) {
        if (config.count() < 0 || config.count() > 1024) {
            throw new IllegalArgumentException("count: " + config.count() + " is not between 0 and 1024");
        }
        int count = config.count() == 0 ? Runtime.getRuntime().availableProcessors() : config.count();
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        group = new MultiThreadIoEventLoopGroup(count, new DefaultThreadFactory("tarn-loop"), io);
        channelType = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        LOG.info("event loops started count={} io={}", count, epoll ? "epoll" : "nio");
    }

    /** The loops themselves, for whoever needs a timer or an executor of one. */
    public EventLoopGroup group() {
        return group;
    }

    /** Counts a connection in; false, and it is not, when the server would be short of files for itself. Any thread. */
    boolean enter() {
        boolean room = connections.incrementAndGet() <= mostConnections;
        if (!room) {
            leave();
        }
        return room;
    }

    /** A connection that was counted in is closed. Any thread. */
    void leave() {
        connections.decrementAndGet();
    }

    /** A server bootstrap on these loops, with the pooled allocator. */
    ServerBootstrap bootstrap() {
        return new ServerBootstrap()
                .group(group)
                .channel(channelType)
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT);
    }

    /** Stops the loops; blocks until they have, a few seconds at most. */
    @Deactivate
    @Override
    public void close() {
        boolean stopped = group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS)
                .awaitUninterruptibly(STOP_SECONDS + 1, TimeUnit.SECONDS);
        if (!stopped) {
            LOG.warn("event loops are still busy after {} s; a handler blocks its loop", STOP_SECONDS);
        }
    }
}
