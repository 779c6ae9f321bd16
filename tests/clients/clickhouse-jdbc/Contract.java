import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import java.util.Timer;
import java.util.TimerTask;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Run one task of the contract with the driver's default settings; tests/clients/warehouse.py describes the tasks.
 *
 * <p>Arguments: the task and its parameters; URL, user and password come from the environment. Fields are exchanged in
 * base64, because Java has no JSON parser of its own: each line is a case or an outcome, tabs separate fields, and
 * semicolons separate rows.
 */
public final class Contract {
    private static final Pattern CODE = Pattern.compile("Code: (\\d+)");

    public static void main(String[] arguments) throws Exception {
        Properties user = new Properties();
        user.setProperty("user", System.getenv("WAREHOUSE_USER"));
        user.setProperty("password", System.getenv("WAREHOUSE_PASSWORD"));
        String url = "jdbc:clickhouse:" + System.getenv("WAREHOUSE_URL").replaceFirst("https?:", "")
            + "/" + System.getenv("WAREHOUSE_DATABASE");
        try (Connection connection = DriverManager.getConnection(url, user)) {
            switch (arguments[0]) {
                case "cases" -> cases(connection, Path.of(arguments[1]));
                case "read" -> System.out.println(read(connection, arguments[1]));
                case "insert" -> insert(connection, arguments[1], Integer.parseInt(arguments[2]));
                case "cancel" -> cancel(connection, arguments[1]);
                case "describe" -> describe(connection, arguments[1]);
                default -> throw new IllegalArgumentException(arguments[0]);
            }
        }
    }

    private static void cases(Connection connection, Path file) throws Exception {
        for (String line : Files.readAllLines(file)) {
            List<String> fields = new ArrayList<>();
            for (String field : line.split("\t")) {
                fields.add(decode(field));
            }
            System.out.println(run(connection, fields.get(0), fields.get(1), fields.subList(2, fields.size())));
        }
    }

    private static String run(Connection connection, String returnsRows, String statement, List<String> parameters) {
        try (PreparedStatement prepared = connection.prepareStatement(statement);
            Statement plain = connection.createStatement()) {
            for (int i = 0; i < parameters.size(); i++) {
                prepared.setString(i + 1, parameters.get(i));
            }
            if (returnsRows.equals("0")) {
                plain.execute(statement);
                return "rows ";
            }
            return "rows " + rows(parameters.isEmpty() ? plain.executeQuery(statement) : prepared.executeQuery());
        } catch (SQLException error) {
            return failure(error);
        }
    }

    private static String read(Connection connection, String statement) {
        try (Statement plain = connection.createStatement()) {
            plain.setFetchSize(1000);
            ResultSet found = plain.executeQuery(statement);
            int count = 0;
            while (found.next()) {
                count++;
            }
            return "count " + count;
        } catch (SQLException | RuntimeException error) {
            return failure(error);
        }
    }

    private static void insert(Connection connection, String table, int count) throws SQLException {
        String statement = "INSERT INTO " + table + " (id, title, price) VALUES (?, ?, ?)";
        try (PreparedStatement prepared = connection.prepareStatement(statement)) {
            for (int id = 0; id < count; id++) {
                prepared.setLong(1, id);
                prepared.setString(2, "it's \\ " + id);
                prepared.setBigDecimal(3, new BigDecimal("1.10"));
                prepared.addBatch();
            }
            System.out.println("count " + Arrays.stream(prepared.executeBatch()).sum());
        }
    }

    private static void cancel(Connection connection, String statement) throws SQLException {
        Statement plain = connection.createStatement();
        Timer timer = new Timer(true);
        timer.schedule(new TimerTask() {
            @Override
            public void run() {
                try {
                    plain.cancel();
                } catch (SQLException error) {
                    throw new IllegalStateException(error);
                }
            }
        }, 500);
        try {
            plain.executeQuery(statement).next();
            System.out.println("count 0");
        } catch (SQLException error) {
            System.out.println(failure(error));
        }
    }

    /** Print the metadata that DBeaver reads when it opens a connection and a table. */
    private static void describe(Connection connection, String table) throws SQLException {
        DatabaseMetaData data = connection.getMetaData();
        String schema = System.getenv("WAREHOUSE_DATABASE");
        System.out.println("product " + data.getDatabaseProductName());
        System.out.println("schemas " + column(data.getSchemas(), "TABLE_SCHEM"));
        System.out.println("tables " + column(data.getTables(null, schema, "%", null), "TABLE_NAME"));
        System.out.println("columns " + column(data.getColumns(null, schema, table, "%"), "COLUMN_NAME"));
        System.out.println("types " + column(data.getTypeInfo(), "TYPE_NAME"));
        System.out.println("kinds " + column(data.getTableTypes(), "TABLE_TYPE"));
        System.out.println("keys " + column(data.getPrimaryKeys(null, schema, table), "COLUMN_NAME"));
        System.out.println("functions " + column(data.getFunctions(null, null, "sum"), "FUNCTION_NAME"));
    }

    private static String column(ResultSet found, String name) throws SQLException {
        List<String> values = new ArrayList<>();
        while (found.next()) {
            values.add(found.getString(name));
        }
        return String.join(",", values);
    }

    private static String rows(ResultSet found) throws SQLException {
        List<String> rows = new ArrayList<>();
        int width = found.getMetaData().getColumnCount();
        while (found.next()) {
            List<String> fields = new ArrayList<>();
            for (int i = 1; i <= width; i++) {
                String value = found.getString(i);
                fields.add(value == null ? "-" : encode(value));
            }
            rows.add(String.join("\t", fields));
        }
        return String.join(";", rows);
    }

    private static String failure(Throwable error) {
        String messages = "";
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            messages += cause.getMessage() + "\n";
        }
        Matcher code = CODE.matcher(messages);
        return "error " + (code.find() ? code.group(1) : "0") + " " + encode(messages);
    }

    private static String encode(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)) + ".";
    }

    private static String decode(String text) {
        return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
    }
}
