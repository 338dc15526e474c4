import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
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

    /** A stream that goes where the current call wants it: Scala's println keeps the first System.out it sees. */
    private static final class Switch extends OutputStream {
        OutputStream target = OutputStream.nullOutputStream();

        @Override
        public void write(int b) throws IOException {
            target.write(b);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            target.write(bytes, from, count);
        }

        @Override
        public void flush() throws IOException {
            target.flush();
        }
    }

    private static final Switch OUT = new Switch();
    private static final Switch ERR = new Switch();
    private static final List<Runnable> HOOKS = new ArrayList<>();
    /** Status of the first exit: a tool may catch what was thrown for it and exit again. */
    private static Integer exited;

    public static void main(String[] args) throws Exception {
        InputStream in = System.in;
        PrintStream answers = System.out;
        Exit.setExitProcedure((status, message) -> exit(status));
        Exit.setHaltProcedure((status, message) -> exit(status));
        Exit.setShutdownHookAdder((name, hook) -> HOOKS.add(hook));
        System.setOut(new PrintStream(OUT, false, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(ERR, true, StandardCharsets.UTF_8));
        BufferedReader calls = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        for (String line = calls.readLine(); line != null; line = calls.readLine()) {
            answers.println(call(line.split("\t", -1)));
            answers.flush();
        }
        System.exit(0);
    }

    private static int call(String[] fields) throws Exception {
        try (InputStream toolIn = new FileInputStream(fields[0]);
                OutputStream toolOut = new BufferedOutputStream(new FileOutputStream(fields[1]));
                OutputStream toolErr = new FileOutputStream(fields[2])) {
            System.setIn(toolIn);
            OUT.target = toolOut;
            ERR.target = toolErr;
            return run(fields[3], Arrays.copyOfRange(fields, 4, fields.length));
        } finally {
            OUT.target = OutputStream.nullOutputStream();
            ERR.target = OutputStream.nullOutputStream();
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
        System.out.flush();
        return exited == null ? 0 : exited;
    }

    private static void exit(int status) {
        if (exited == null) {
            exited = status;
        }
        throw new Exited(status);
    }
}
