<?php
/**
 * Make planned events due now, by the beginning of their hook's name: hurry-cron.php ROOT PREFIX
 */

list( , $root, $prefix ) = $argv;

$_SERVER['REQUEST_URI'] = '/';
require $root . '/wp-load.php';

foreach ( _get_cron_array() as $time => $hooks ) {
	foreach ( $hooks as $hook => $events ) {
		if ( $time <= time() || strpos( $hook, $prefix ) !== 0 ) {
			continue;
		}
		foreach ( $events as $event ) {
			wp_unschedule_event( $time, $hook, $event['args'] );
			$done = $event['schedule']
				? wp_schedule_event( time() - 1, $event['schedule'], $hook, $event['args'] )
				: wp_schedule_single_event( time() - 1, $hook, $event['args'] );
			if ( ! $done ) {
				fwrite( STDERR, 'could not plan ' . $hook );
				exit( 1 );
			}
		}
	}
}
