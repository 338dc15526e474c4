import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.ZooKeeper;

/**
 * Writes a tree into a ZooKeeper: one line per node, "path TAB data [TAB times written]".
 *
 * Data "-" is null, "base64:..." is bytes, anything else is UTF-8 text. Missing parents are made with null data.
 * "-path" deletes a node. Lines that are empty or begin with '#' are left out.
 */
public class Fill {
    private static ZooKeeper zk;

    public static void main(String[] args) throws Exception {
        CountDownLatch up = new CountDownLatch(1);
        zk = new ZooKeeper(args[0], 30_000, event -> {
            if (event.getState() == KeeperState.SyncConnected) {
                up.countDown();
            }
        });
        up.await();
        for (int i = 1; i < args.length; i++) {
            for (String line : Files.readAllLines(Path.of(args[i]))) {
                if (line.startsWith("-/")) {
                    zk.delete(line.substring(1), -1);
                } else if (!line.isEmpty() && !line.startsWith("#")) {
                    write(line.split("\t"));
                }
            }
        }
        zk.close();
    }

    private static void write(String[] fields) throws Exception {
        byte[] data = bytes(fields.length > 1 ? fields[1] : "-");
        int times = fields.length > 2 ? Integer.parseInt(fields[2]) : 0;
        make(fields[0].substring(0, fields[0].lastIndexOf('/')), null);
        if (!make(fields[0], data)) {
            zk.setData(fields[0], data, -1);
        }
        for (int i = 0; i < times; i++) {
            zk.setData(fields[0], data, -1);
        }
    }

    /** Creates a node and its parents; false when it was there. */
    private static boolean make(String path, byte[] data) throws Exception {
        if (path.isEmpty()) {
            return true;
        }
        try {
            zk.create(path, data, ZooDefs.Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
            return true;
        } catch (KeeperException.NodeExistsException e) {
            return false;
        } catch (KeeperException.NoNodeException e) {
            make(path.substring(0, path.lastIndexOf('/')), null);
            return make(path, data);
        }
    }

    private static byte[] bytes(String text) {
        if (text.equals("-")) {
            return null;
        }
        if (text.startsWith("base64:")) {
            return Base64.getDecoder().decode(text.substring("base64:".length()));
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
