/** One server of twenty-one lines: a proxied WebSocket location, a plain one, comments; one in five loses its headers by inheritance. */
function server(index: number): string {
	const lost = index % 5 === 0;
	return `    # site ${index}
    server {
        listen 127.0.0.1:8080;
        server_name site-${index}.example.com www.site-${index}.example.com;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;
        proxy_read_timeout 1h;

        location /ws/ {
            proxy_pass http://127.0.0.1:9000;
            ${lost ? 'proxy_set_header Host $host;' : 'proxy_send_timeout 1h;'}
        }

        location / {
            root /srv/site-${index};
            try_files $uri $uri/ /index.html;
        }
        location ~* \\.(js|css|png)$ { expires 30d; }
    }
`;
}

/** A whole configuration of about this many lines that nginx accepts. */
export function generateConfiguration(lines: number): string {
	const servers = Math.floor((lines - 10) / 21);
	return `events {}
http {
    server_names_hash_max_size 1048576;
    client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; uwsgi_temp_path temp; scgi_temp_path temp; access_log off;
    server_names_hash_bucket_size 128;
    map $http_upgrade $connection_upgrade {
        default upgrade;
        ''      close;
    }
${Array.from({ length: servers }, (_, index) => server(index)).join('')}}
`;
}
