import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** The two-rule job for the peers in Java; job.py says what it is. Values are text: "time,who;time,who". */
final class Job {
    private static final long HOUR = 3_600_000;
    private static final long WINDOW = 600_000;
    private static final int LIMIT = 6;
    private static final long KEPT = 72;
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicBoolean BEGUN = new AtomicBoolean();
    private static final AtomicLong LEFT = new AtomicLong();

    /** What is kept of one key: named values. */
    interface State {
        /** The value of a name; null where there is none. */
        String get(String name);

        void set(String name, String value);

        void delete(String name);
    }

    /** What goes on under a key: a pharmacy and who swiped there, or a code and where it was sold. */
    record Keyed(String key, String value) {}

    /** What the environment states. */
    record Task(String brokers, String events, String alerts, long expected, String folder) {
        static Task given() {
            String[] said = System.getenv("BENCH").split(" ");
            LEFT.set(Long.parseLong(said[3]));
            return new Task(said[0], said[1], said[2], LEFT.get(), said[4]);
        }
    }

    private record Entry(long time, String who) {}

    static JsonNode read(byte[] message) {
        if (BEGUN.compareAndSet(false, true)) {
            System.out.println("\nbegan");
        }
        try {
            return JSON.readTree(message);
        } catch (IOException error) {
            throw new IllegalArgumentException(error);
        }
    }

    static List<Keyed> swipes(JsonNode event) {
        if (!text(event, "infno").equals("2102") && !text(event, "med_type").equals("41")) {
            return List.of();
        }
        return List.of(new Keyed(text(event, "fixmedins_code"), time(event) + "," + text(event, "psn_no")));
    }

    static List<Keyed> sales(JsonNode event) {
        List<Keyed> found = new ArrayList<>();
        for (JsonNode pack : event.path("drug_trac_info")) {
            if (!text(pack, "trdn_flag").equals("1")) {
                found.add(new Keyed(text(pack, "drug_trac_codg"), time(event) + "," + text(event, "fixmedins_code")));
            }
        }
        return found;
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText();
    }

    private static long time(JsonNode event) {
        LocalDateTime moment = LocalDateTime.parse(text(event, "setl_time"), CLOCK);
        return moment.toInstant(ZoneOffset.ofHours(8)).toEpochMilli();
    }

    /** Says on stdout when the last swipe or sale was judged. */
    static void judged() {
        if (LEFT.decrementAndGet() == 0) {
            System.out.println("\nended");
        }
    }

    /** Keeps a swipe of a pharmacy; the triggers of those whose window it is in. */
    static List<String> judgeSwipe(String pharmacy, String swipe, State state) {
        Entry entry = entries(swipe).get(0);
        long hour = entry.time / HOUR;
        List<String> told = new ArrayList<>();
        if (moveOn(state, hour)) {
            String before = state.get(Long.toString(hour));
            String here = before == null ? swipe : before + ";" + swipe;
            state.set(Long.toString(hour), here);
            for (long at : bursts(around(state, entry.time, hour, here), entry.time)) {
                told.add(alert("S01", pharmacy, at));
            }
        }
        judged();
        return told;
    }

    private static boolean moveOn(State state, long hour) {
        String known = state.get("newest");
        long newest = known == null ? hour : Long.parseLong(known);
        if (known != null && hour <= newest) {
            return hour > newest - KEPT;
        }
        state.set("newest", Long.toString(hour));
        for (long old = newest - KEPT + 1; old <= Math.min(newest, hour - KEPT); old++) {
            if (state.get(Long.toString(old)) != null) {
                state.delete(Long.toString(old));
            }
        }
        return true;
    }

    private static List<Entry> around(State state, long time, long hour, String here) {
        List<Entry> found = new ArrayList<>(entries(here));
        long first = (time - WINDOW + 1) / HOUR;
        long last = (time + WINDOW - 1) / HOUR;
        for (long other = first; other <= last; other++) {
            found.addAll(entries(other == hour ? null : state.get(Long.toString(other))));
        }
        return found;
    }

    private static SortedSet<Long> bursts(List<Entry> swipes, long since) {
        SortedSet<Long> found = new TreeSet<>();
        for (Entry last : swipes) {
            if (last.time >= since && last.time < since + WINDOW && persons(swipes, last.time) >= LIMIT) {
                found.add(last.time);
            }
        }
        return found;
    }

    private static int persons(List<Entry> swipes, long end) {
        Set<String> found = new HashSet<>();
        for (Entry one : swipes) {
            if (one.time > end - WINDOW && one.time <= end) {
                found.add(one.who);
            }
        }
        return found.size();
    }

    /** Keeps a sale of a code; the triggers from the first sale at a second institution on. */
    static List<String> judgeSale(String code, String sale, State state) {
        String before = state.get("sales");
        String all = before == null ? sale : before + ";" + sale;
        state.set("sales", all);
        List<String> told = new ArrayList<>();
        for (long at : before == null ? new TreeSet<Long>() : resold(entries(all))) {
            told.add(alert("D04", code, at));
        }
        judged();
        return told;
    }

    private static SortedSet<Long> resold(List<Entry> sales) {
        SortedSet<Long> found = new TreeSet<>();
        for (Entry last : sales) {
            Set<String> places = new HashSet<>();
            for (Entry one : sales) {
                if (one.time <= last.time) {
                    places.add(one.who);
                }
            }
            if (places.size() > 1) {
                found.add(last.time);
            }
        }
        return found;
    }

    private static List<Entry> entries(String text) {
        List<Entry> found = new ArrayList<>();
        for (String one : text == null ? new String[0] : text.split(";")) {
            int comma = one.indexOf(',');
            found.add(new Entry(Long.parseLong(one.substring(0, comma)), one.substring(comma + 1)));
        }
        return found;
    }

    private static String alert(String rule, String subject, long time) {
        return "[\"" + rule + "\",\"" + subject + "\"," + time + "]";
    }

    private Job() {}
}
