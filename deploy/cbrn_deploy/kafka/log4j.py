"""What a broker logs, where, and how much of it at most: Log4j's own configuration."""

from __future__ import annotations

from typing import Final

ROLLING: Final = """\
status=error
rootLogger.level=warn
rootLogger.appenderRef.file.ref=FILE
appender.file.type=RollingFile
appender.file.name=FILE
appender.file.fileName={log}
appender.file.filePattern={log}.%i
appender.file.layout.type=PatternLayout
appender.file.layout.pattern=%d{{ISO8601}} %p %c{{1}} %m%n
appender.file.policies.type=Policies
appender.file.policies.size.type=SizeBasedTriggeringPolicy
appender.file.policies.size.size=5MB
appender.file.strategy.type=DefaultRolloverStrategy
appender.file.strategy.max=3
"""
"""What any JVM of ours says, from warnings on: into one file, 20 MB of it at most."""

# What is refused has a file of its own, and only so many lines a second: whoever asks in vain as fast as he can would
# else wash away what the broker says of itself. So has what goes wrong in answering one request: some refusals are told
# as an error with twenty lines of Java.
LOG4J: Final = (
    ROLLING
    + """\
logger.denied.name=kafka.authorizer.logger
logger.denied.level=info
logger.denied.additivity=false
logger.denied.appenderRef.refused.ref=REFUSED
logger.unknown.name=org.apache.kafka.common.network.Selector
logger.unknown.level=info
logger.unknown.additivity=false
logger.unknown.appenderRef.refused.ref=REFUSED
logger.brokers.name=kafka.server.KafkaApis
logger.brokers.level=warn
logger.brokers.additivity=false
logger.brokers.appenderRef.refused.ref=REFUSED
logger.controllers.name=kafka.server.ControllerApis
logger.controllers.level=warn
logger.controllers.additivity=false
logger.controllers.appenderRef.refused.ref=REFUSED
logger.handlers.name=kafka.server.KafkaRequestHandler
logger.handlers.level=warn
logger.handlers.additivity=false
logger.handlers.appenderRef.refused.ref=REFUSED
appender.refused.type=RollingFile
appender.refused.name=REFUSED
appender.refused.fileName={refused}
appender.refused.filePattern={refused}.%i
appender.refused.layout.type=PatternLayout
appender.refused.layout.pattern=%d{{ISO8601}} %m%n
appender.refused.policies.type=Policies
appender.refused.policies.size.type=SizeBasedTriggeringPolicy
appender.refused.policies.size.size=5MB
appender.refused.strategy.type=DefaultRolloverStrategy
appender.refused.strategy.max=1
appender.refused.filter.burst.type=BurstFilter
appender.refused.filter.burst.level=ERROR
appender.refused.filter.burst.rate=5
appender.refused.filter.burst.maxBurst=200
"""
)
