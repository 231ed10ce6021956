"""Protocol version 1: every byte that crosses a link or rests on flash. Both sides run this file.

Numbers never change meaning; fields are only appended; unknown record types are stored raw by the host.

Record, 32 bytes little-endian, the same on flash, on every link and in the host's store:

    0  u8   version << 5 | type
    1  u8   flags (per type)
    2  u16  boot           counts the sensor's starts
    4  u32  seq            never reset while the log lives; NO_SEQ for provisional events
    8  u32  t_ms           ms since that boot
    12      payload, 16 bytes (per type, zero-filled)
    28 u32  CRC-32 of bytes 0..27

A record's key is (device id, log id, seq).

Frame, the same on every link. Over BLE in one write or notification, or when that is too short in several that follow
each other; one write may hold several frames. On serial in COBS with a zero byte after it (readers skip empty packets,
so a sender may put one before it too, to end any text that came first). On serial to the sensor, ESCAPED bytes of that
are sent as ESCAPE, byte ^ ESCAPE_XOR, because byte 3 would interrupt the sensor's program, as it must for other tools:

    0  u8   protocol major
    1  u8   frame type
    2  u16  body length
    4  u32  session nonce  0 in HELLO, then the one that INFO gave
    8       body
    8+n u32 CRC-32 of all before it

Sealed frame, since 1.2, once both sides have proved the sensor's key (see `seal`). The header is the same, but for:

    1  u8   frame type | SEALED
    2  u16  body length + MAC_BYTES
    4  u32  counter        1 in the first sealed frame of a direction, and higher in each one that follows

and after the body, before the CRC, come the first MAC_BYTES of the HMAC-SHA256 of all before them.
"""

MAJOR, MINOR = 1, 2

# GATT table, frozen from the first release because hosts cache it. One service: the host writes frames to RX, the
# sensor notifies frames on TX, INFO can be read before a session. Standard Device Information and Battery beside it.
SERVICE_UUID = "b4a80001-0d2e-4c1f-9a37-6f8e5c21d3a0"
RX_UUID = "b4a80002-0d2e-4c1f-9a37-6f8e5c21d3a0"
TX_UUID = "b4a80003-0d2e-4c1f-9a37-6f8e5c21d3a0"
INFO_UUID = "b4a80004-0d2e-4c1f-9a37-6f8e5c21d3a0"
# Advertised: flags, SERVICE_UUID and this as manufacturer data; the name in the scan response.
ADVERT_COMPANY = 0xFFFF  # what the Bluetooth SIG keeps for those without a number of their own
ADVERT_FORMAT = "<BH"  # since 1.1; battery in percent, records not yet acknowledged (65535: that or more)
ADVERT_NO_BATTERY = 255

# --- records -----------------------------------------------------------------------------------------------------
RECORD_VERSION = 1
RECORD_BYTES = 32
HEADER_FORMAT = "<BBHII"
PAYLOAD_AT, PAYLOAD_BYTES, CRC_AT = 12, 16, 28
NO_SEQ = 0xFFFFFFFF

# Record types. t_ms is the moment named in the first word of each.
REP = 1  # start of the rise; fields as above; final
SET_START = 2  # start of the set's first rep; SET_START_FORMAT; written when the second rep proves the set
SET_END = 3  # end of the last rep; SET_END_FORMAT; written once no rep followed for the set's gap
TIME_ANCHOR = 4  # a TIME exchange; TIME_ANCHOR_FORMAT
BOOT = 5  # start of the sensor; BOOT_FORMAT
HEALTH = 6  # state of the sensor; HEALTH_FORMAT
GAP = 7  # discovery of a loss; GAP_FORMAT
CORRECTION = 8  # the corrected rep's start; CORRECTION_FORMAT; takes back or changes an earlier REP
TEXT = 9  # a piece of text (a crash's traceback); TEXT_FORMAT
TURN = 10  # a press of the button between two sets: it is this lifter's turn; LIFTER_FORMAT
# Provisional: sent live with NO_SEQ, never logged; the REP that follows is the truth.
RISE = 16  # start of a rise that has cleared the least range; LIVE_FORMAT
TOP = 17  # start of the hold; LIVE_FORMAT
TARGET = 18  # the moment the hold reached its target; LIVE_FORMAT
HOLD_END = 19  # end of the hold; LIVE_FORMAT
FIRST_PROVISIONAL = 16

# set, rep, rise_ms, hold_ms, fall_ms, bottom_ms (before the rise), rom_mm, peak_mm_s, hold_err_ms
REP_FORMAT = "<BBHHHHHHH"
SET_START_FORMAT = "<BBH"  # set, reps so far, target_ms
SET_END_FORMAT = "<BBHI"  # set, reps, reference rom_mm, duration_ms
TIME_ANCHOR_FORMAT = "<QI"  # utc_ms, rtt_ms
BOOT_FORMAT = "<BBBBI"  # reset cause, firmware major, minor, patch, uncalibrated axes
HEALTH_FORMAT = "<HHII"  # battery_mv, rest_noise_ug, free_heap_bytes, largest_block_bytes
GAP_FORMAT = "<II"  # first lost seq, last lost seq
CORRECTION_FORMAT = "<BBBB"  # set, rep, action, new flags
TEXT_FORMAT = "<BB14s"  # piece, pieces, utf-8
LIFTER_FORMAT = "<I7s"  # CRC-32 of the lifter's name in utf-8, what the screen shows of it (SCREEN_LETTERS)
LIVE_FORMAT = "<BBHH"  # set, rep, rom_mm so far, hold_ms so far
PAYLOAD_FORMATS = {
    REP: REP_FORMAT,
    SET_START: SET_START_FORMAT,
    SET_END: SET_END_FORMAT,
    TIME_ANCHOR: TIME_ANCHOR_FORMAT,
    BOOT: BOOT_FORMAT,
    HEALTH: HEALTH_FORMAT,
    GAP: GAP_FORMAT,
    CORRECTION: CORRECTION_FORMAT,
    TEXT: TEXT_FORMAT,
    TURN: LIFTER_FORMAT,
    RISE: LIVE_FORMAT,
    TOP: LIVE_FORMAT,
    TARGET: LIVE_FORMAT,
    HOLD_END: LIVE_FORMAT,
}

# REP flags
PARTIAL = 1  # under 70 % of the reference range
DISTURBED = 2  # v left +-0.05 m/s inside the hold
CLIPPED = 4  # the accelerometer reached its limit
UNCALIBRATED = 8  # no three-axis calibration was given
LOW_CONFIDENCE = 16  # the signal did not fix the count or the times well
GAPPED = 32  # samples were missing inside the rep
# SET_END flags
LONE = 1  # a single rep: no set after all

# CORRECTION actions
DROP_REP, SET_FLAGS = 1, 2

# BOOT reset causes
RESET_UNKNOWN, RESET_POWER_ON, RESET_PIN, RESET_WATCHDOG, RESET_WAKE, RESET_SOFT = 0, 1, 2, 3, 4, 5
RESET_CRASH = 6  # since 1.2; RESET_SOFT is a restart that was wanted

# --- frames ------------------------------------------------------------------------------------------------------
FRAME_HEADER_FORMAT = "<BBHI"
FRAME_HEADER_BYTES, FRAME_CRC_BYTES = 8, 4
FRAME_OVERHEAD = FRAME_HEADER_BYTES + FRAME_CRC_BYTES
MAX_BODY = 512
MIN_FRAME = FRAME_OVERHEAD + RECORD_BYTES
SEALED = 128  # since 1.2; a bit of the frame type
MAC_BYTES = 8
MAX_FRAME = FRAME_OVERHEAD + MAX_BODY + MAC_BYTES

# Frame types. Host to sensor below 64, sensor to host from 64.
HELLO = 1  # HELLO_FORMAT; opens a connection, ends any older one
PULL = 2  # PULL_FORMAT; asks for the records of a range of seqs
ACK = 3  # ACK_FORMAT; all below `next` are committed. Never erases
TIME = 4  # TIME_FORMAT; asks for the sensor's clock
BYE = 5  # no body; ends the connection
SET = 6  # since 1.1; TLV body, SET_* tags; changes what the owner may choose; answered by SETTINGS
KEY = 7  # since 1.1; 32 bytes, or none to forget it; since 1.2 only over the cable; DONE
ERASE = 8  # since 1.1; ERASE_FORMAT; begins a new, empty log; only over the cable or with the button held; DONE
CALIBRATE = 9  # since 1.1; CALIBRATE_FORMAT; answered by CALIBRATION
STREAM = 10  # since 1.1; STREAM_FORMAT; raw samples on or off; answered by DONE, then SAMPLES until off
UPDATE = 11  # since 1.1; UPDATE_FORMAT and what the action asks for; answered by UPDATE_STATE
ACCESS = 12  # since 1.2; ACCESS_FORMAT; reads or sets whether strangers are answered; the reply is ACCESS_IS
DIAGNOSE = 13  # since 1.2; no body; asks how the sensor itself is; answered by DIAGNOSIS
INFO = 64  # TLV body; answers HELLO
DATA = 65  # 1..n records, in seq order
END = 66  # END_FORMAT; ends the answer to a PULL
ACKED = 67  # ACK_FORMAT; the cursor as the sensor now keeps it
TIME_IS = 68  # TIME_IS_FORMAT
LIVE = 69  # 1..n records as they happen; not delivered until pulled and acknowledged
STATUS = 70  # STATUS_FORMAT; refuses a frame and says why
DONE = 71  # since 1.1; DONE_FORMAT; the asked thing is done
SETTINGS = 72  # since 1.1; TLV body, SET_* tags; all that SET can change, as it now is
CALIBRATION = 73  # since 1.1; CALIBRATION_FORMAT; how far the calibration is
SAMPLES = 74  # since 1.1; u32 index of the first sample of the stream, then packed samples (barcore.sample)
UPDATE_STATE = 75  # since 1.1; UPDATE_STATE_FORMAT; how far an update is, and why it is refused
ACCESS_IS = 76  # since 1.2; ACCESS_IS_FORMAT, then over the cable the key, if there is one
DIAGNOSIS = 77  # since 1.2; TLV body, DIAG_* tags
FIRST_FROM_SENSOR = 64
EVERY_MAJOR = (HELLO, STATUS)  # their layout never changes, so that two majors can tell each other apart

HELLO_FORMAT = "<BB8s"  # major, minor, host nonce
PULL_FORMAT = "<IHI"  # first seq, how many seqs from there on (1..PULL_MAX); since 1.2: log id
ACK_FORMAT = "<II"  # log id, next seq
# A seq of a PULL that did not come before its END is a hole in the log. Before 1.2 a PULL asked for so many records.
END_FORMAT = "<IHII"  # next seq to ask for, records sent, CRC-32 of their seqs as u32; since 1.2: first seq of the PULL
TIME_FORMAT = "<Q"  # the host's token, returned as it came
TIME_IS_FORMAT = "<QHI"  # token, boot, t_ms
STATUS_FORMAT = "<BB"  # frame type refused, status code
DONE_FORMAT = "<B"  # frame type
ERASE_FORMAT = "<I"  # the id of the log to erase
CALIBRATE_FORMAT = "<B"  # what to do
# state, reason (barcore.calibrate), poses taken, faces seen, misfit_ug, noise_ug of the last pose
CALIBRATION_FORMAT = "<BBBBII"
STREAM_FORMAT = "<B"  # 1 on, 0 off
SAMPLES_FORMAT = "<I"
ACCESS_FORMAT = "<B"  # action
ACCESS_IS_FORMAT = "<B"  # 1 when the sensor has a key and yet answers everybody, else 0
PULL_MAX = 112
"""At this many an END takes one packet in seventeen of a paced radio link. Beyond it a cable's queue has no room."""
KEY_BYTES = 32

# ACCESS actions: tell it, answer only who has the key, answer everybody
ACCESS_ASK, ACCESS_CLOSE, ACCESS_OPEN = 0, 1, 2

# CALIBRATE actions: tell the state, begin anew, take a pose once still, keep what was found, give up
CALIBRATE_STATE, CALIBRATE_BEGIN, CALIBRATE_POSE, CALIBRATE_KEEP, CALIBRATE_CANCEL = 0, 1, 2, 3, 4

# UPDATE actions. The sensor owns the offset: a host goes on at `next` of UPDATE_STATE, whatever it sent before.
UPDATE_ASK = 0  # tell the state
UPDATE_BEGIN = 1  # UPDATE_BEGIN_FORMAT; a bundle that was begun before goes on
UPDATE_BLOCK = 2  # UPDATE_BLOCK_FORMAT, then bytes of the bundle from that offset on
UPDATE_FINISH = 3  # check the whole, then start it on trial
UPDATE_CANCEL = 4  # forget what came
UPDATE_KEY = 5  # the modulus of the RSA key that signs updates, or nothing to forget it; only over the cable
UPDATE_FORMAT = "<B"  # action
UPDATE_BEGIN_FORMAT = "<B32s"  # flags, SHA-256 of the bundle's head (barcore.bundle)
UPDATE_BLOCK_FORMAT = "<I"  # offset in the bundle
UPDATE_DOWNGRADE = 1  # flag: an older version is wanted
# state, reason of the refusal, pointer's slot (0 a, 1 b) and state (0 confirmed, 1 trial, 2 safe mode), offset wanted
# next, bytes of the whole bundle (0 while not known), first 4 bytes of the SHA-256 of the key's modulus (0: none)
UPDATE_STATE_FORMAT = "<BBBBIII"
# States: no update, head coming, files coming, whole being checked, about to restart
UPDATE_NONE, UPDATE_HEAD, UPDATE_FILES, UPDATE_CHECKING, UPDATE_READY = 0, 1, 2, 3, 4
# Reasons
UPDATE_REASON_TEXT = {
    1: "a set is under way",
    2: "the battery is low: charge it first",
    3: "over the radio only with the sensor's button held",
    4: "over the radio only with a signature",
    5: "the signature is not of the sensor's key",
    6: "the sensor has no key to check the signature: set it over the cable",
    7: "the bundle is for another board",
    8: "the bundle is older than what runs",
    9: "the bundle needs a newer loader: flash the sensor over the cable",
    10: "the bundle's bytecode does not fit the sensor's MicroPython",
    11: "the bundle is malformed or beyond a limit",
    12: "a file is not what its manifest says",
    13: "not all of the bundle has come",
    14: "no update was begun over this link",
    15: "the offset is not the one wanted next",
    16: "the version that runs is still on trial: wait half a minute",
    17: "the sensor's storage failed or is full",
    18: "the bundle's head is not the announced one",
    19: "only over the cable",
    20: "the sensor has no slots: flash it over the cable",
}
UPDATE_BUSY, UPDATE_BATTERY, UPDATE_BUTTON, UPDATE_UNSIGNED, UPDATE_SIGNATURE, UPDATE_NO_KEY = 1, 2, 3, 4, 5, 6
UPDATE_BOARD, UPDATE_OLDER, UPDATE_LOADER, UPDATE_BYTECODE, UPDATE_BUNDLE, UPDATE_FILE = 7, 8, 9, 10, 11, 12
UPDATE_MISSING, UPDATE_NOT_BEGUN, UPDATE_OFFSET, UPDATE_TRIAL, UPDATE_STORAGE, UPDATE_OTHER = 13, 14, 15, 16, 17, 18
UPDATE_CABLE, UPDATE_NO_SLOTS = 19, 20

# SET and SETTINGS body: entries of u8 tag, u8 length, value.
SET_NAME = 1  # utf-8, 1..NAME_BYTES bytes
SET_TARGET = 2  # u16 ms: the hold to cue; 0 for none
SET_LONG = 3  # u16 ms: the hold to cue as too long; 0 for none
SET_RANGE = 4  # u16 mm, u16 mm: least and greatest range of one rep of the exercise
# Of a sensor with a screen (STATE_SCREEN): u8 place of the lifter whose turn it is, then 0..LIFTERS_MOST lifters as
# LIFTER_FORMAT; the place counts from 0, and is NOBODY when it is nobody's turn.
SET_TURNS = 5
NOBODY = 255
LIFTERS_MOST = 8
SCREEN_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-'"
NAME_BYTES = 20
UNNAMED = "barhold-%s"  # of the last 4 hex digits of its id: the name of a sensor that nobody named

# DIAGNOSIS body: entries of u8 tag, u8 length, value. What a board cannot tell is left out.
DIAG_HEAP = 1  # u32 free bytes, u32 largest free block
DIAG_FLASH = 2  # u32 free bytes, u32 bytes of the file system; 0 and 0 when not known
DIAG_LOG = 3  # u32 records held, u32 records there is room for
DIAG_IMU = 4  # u32 bus faults, u32 overruns, u32 bad words since the start
DIAG_FAULTS = 5  # u32 of flash, u32 of the radio, u32 bad frames since the start
DIAG_STARTS = 6  # u8 per RESET_* cause: starts since the last acknowledged record
DIAG_TEMPERATURE = 7  # i16 degrees C, of the chip
DIAG_SHORT_STARTS = 8  # u8: power-ons in a row that logged nothing after SHORT_START_MS, since the last acknowledged
SHORT_START_MS = 60000

# Serial to the sensor only
ESCAPED = (3, 27)
ESCAPE, ESCAPE_XOR = 27, 32

# Status codes
BAD_VERSION, NO_SESSION, BAD_BODY, WRONG_LOG, UNKNOWN_FRAME, LOG_FAULT, NOT_ALLOWED, BUSY = 1, 2, 3, 4, 5, 6, 7, 8
SMALL_MTU = 9  # since 1.1
NEEDS_KEY, NEEDS_CABLE = 10, 11  # since 1.2
STATUS_TEXT = {
    BAD_VERSION: "protocol version not supported",
    NO_SESSION: "no connection: send HELLO first",
    BAD_BODY: "body malformed or out of range",
    WRONG_LOG: "the sensor keeps another log",
    UNKNOWN_FRAME: "unknown frame type",
    LOG_FAULT: "the sensor's storage failed",
    NOT_ALLOWED: "only over the cable or with the sensor's button held",
    BUSY: "a set is under way",
    SMALL_MTU: "this computer's radio carries less than a record at once",
    NEEDS_KEY: "the sensor answers only to its owner",
    NEEDS_CABLE: "only over the cable",
}

# INFO body: entries of u8 tag, u8 length, value. Unknown tags are skipped.
INFO_PROTOCOL = 1  # u8 major, u8 minor
INFO_DEVICE = 2  # 8 bytes, the device id
INFO_LOG = 3  # u32 log id
INFO_RANGE = 4  # u32 first seq held, u32 next seq, u32 acknowledged up to (exclusive)
INFO_CLOCK = 5  # u16 boot, u32 t_ms
INFO_NAME = 6  # utf-8
INFO_FIRMWARE = 7  # utf-8, major.minor.patch
INFO_HELLO = 8  # 8 bytes, the host nonce of the HELLO that this INFO answers
INFO_BOARD = 9  # since 1.1; utf-8
INFO_POWER = 10  # since 1.1; u16 battery_mv, 0 when not known
INFO_STATE = 11  # since 1.1; u16 of STATE_* bits
INFO_PROOF = 12  # since 1.1; the first PROOF_BYTES of HMAC-SHA256(key, host nonce + u32 session nonce + device id)
INFO_NONCE = 13  # since 1.2; 8 bytes, the sensor's nonce for sealed frames; only of a sensor with a key
# A stranger on the radio gets of INFO only INFO_PROTOCOL, _DEVICE, _NAME, _HELLO, _PROOF and _NONCE.
PROOF_BYTES = 16
NONCE_BYTES = 8
STATE_UNCALIBRATED, STATE_BUSY, STATE_LOG_FAULT, STATE_SETTINGS_FAULT = 1, 2, 4, 8
STATE_LOW_BATTERY, STATE_KEYED, STATE_SAFE_MODE = 16, 32, 64  # in safe mode nothing counts: only an update is taken
STATE_OPEN = 128  # since 1.2; has a key, and yet answers everybody
STATE_SCREEN = 256  # since 1.2; has a screen, which shows whose turn it is: SET_TURNS
