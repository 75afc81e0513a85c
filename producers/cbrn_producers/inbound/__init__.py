"""Ways in for partners' documents: polled, laid into a folder or sent, kept byte for byte, then mapped to events.

original, terms       a document as a record; what holds for a partner's documents
taking                document in, event, receipt or refusal out: pure
polling, folder       feeds asked politely; files taken from a folder
mapper                originals read, what becomes of them written
"""

__all__ = ["answers", "config", "mapper", "original", "overruling", "service", "taking", "terms"]
