import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the command line tools of Apache Kafka one after the other in one JVM, which saves the start of a JVM for each.
 *
 * <p>Each line of standard input is one call, fields parted by tabs: file for its standard input, file for its standard
 * output, file for its standard error, class of the tool, arguments. The answer is one line with its exit status. A tool
 * that lives until it is ended (a consumer in a group) needs a JVM of its own: then the call is given as arguments.
 */
public final class Tools {
    /** Thrown in place of an exit. */
    private static final class Exited extends Error {
        Exited(int status) {
            super("exit " + status, null, false, false);
        }
    }

    private static final List<Runnable> HOOKS = new ArrayList<>();
    /** Status of the first exit: a tool may catch what was thrown for it and exit again. */
    private static Integer exited;

    public static void main(String[] args) throws Exception {
        InputStream in = System.in;
        PrintStream answers = System.out;
        Exit.setExitProcedure((status, message) -> exit(status));
        Exit.setHaltProcedure((status, message) -> exit(status));
        Exit.setShutdownHookAdder((name, hook) -> HOOKS.add(hook));
        BufferedReader calls = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        for (String line = calls.readLine(); line != null; line = calls.readLine()) {
            answers.println(call(line.split("\t", -1)));
            answers.flush();
        }
        System.exit(0);
    }

    private static int call(String[] fields) throws Exception {
        PrintStream out = System.out;
        PrintStream err = System.err;
        try (InputStream toolIn = new FileInputStream(fields[0]);
                PrintStream toolOut = new PrintStream(new FileOutputStream(fields[1]), false, StandardCharsets.UTF_8);
                PrintStream toolErr = new PrintStream(new FileOutputStream(fields[2]), true, StandardCharsets.UTF_8)) {
            System.setIn(toolIn);
            System.setOut(toolOut);
            System.setErr(toolErr);
            return run(fields[3], Arrays.copyOfRange(fields, 4, fields.length));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }

    private static int run(String tool, String[] args) throws Exception {
        HOOKS.clear();
        exited = null;
        try {
            Class.forName(tool).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException thrown) {
            if (exited == null) {
                thrown.getCause().printStackTrace();
                exited = 1;
            }
        }
        for (Runnable hook : HOOKS) {
            hook.run();
        }
        return exited == null ? 0 : exited;
    }

    private static void exit(int status) {
        if (exited == null) {
            exited = status;
        }
        throw new Exited(status);
    }
}
